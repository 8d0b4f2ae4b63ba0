// Bad input that blocks the whole runbook: nothing is run and nothing is changed (design.md §2).
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { type BadInput, text } from './case.ts';

const runbook = (content: string | Uint8Array) => ({ 'runbook.yaml': content });
const GOOD = text`
  tasks:
    - id: a
      name: A
      type: MANUAL
`;

export const SYNTAX: readonly BadInput[] = [
  { name: 'a line that is indented too little', files: runbook(GOOD.replace('    type', '   type')), stderr: text`
      runbook.yaml:4:4: error: this line stands among the items of a list, but has no "-"
          4 |    type: MANUAL
            |    ^
        → indent it like the lines that it belongs to
    ` },
  { name: 'a tab as indentation', files: runbook(`${GOOD}\tstatus: DONE\n`), stderr: text`
      runbook.yaml:5:1: error: tabs are not allowed as indentation
          5 |  status: DONE
            | ^
        → indent with spaces: YAML allows no tabs there
    ` },
  { name: 'a quote that is never closed', files: runbook(GOOD.replace('name: A', 'name: "A')), stderr: text`
      runbook.yaml:3:11: error: the quote that begins here is never closed
          3 |     name: "A
            |           ^^
        → close it on the line where it should end
    ` },
  { name: 'a colon in a plain text', files: runbook(GOOD.replace('name: A', 'name: Deploy: part 2')), stderr: text`
      runbook.yaml:3:11: error: this value is read as a mapping of its own
          3 |     name: Deploy: part 2
            |           ^
        → put text that holds ": " in quotes, and check the indentation of the line below
    ` },
  { name: 'a list that is never closed', files: runbook(`${GOOD}    depends_on: [b, c\n  - id: b\n`), stderr: text`
      runbook.yaml:6:3: error: a "]" is missing before this
          6 |   - id: b
            |   ^
        → close the list with "]", and indent its lines
    ` },
  { name: 'text that begins with a reserved character', files: runbook(GOOD.replace('name: A', 'name: @home')), stderr: text`
      runbook.yaml:3:11: error: text cannot begin with "@"
          3 |     name: @home
            |           ^
        → put the text in quotes
    ` },
  { name: 'the same key twice', files: runbook(GOOD.replace('type', 'name: B\n    type')), stderr: text`
      runbook.yaml:4:5: error: the same key is given twice in one mapping
          4 |     name: B
            |     ^
        → remove one of the two
    ` },
  { name: 'several mistakes, told at once', files: runbook('name: "Deploy: \\d"\ntasks:\n  - id: a\n    name: A\n    name: B\n    type: !foo MANUAL\n'), stderr: text`
      runbook.yaml:1:16: error: \\d means nothing inside double quotes
          1 | name: "Deploy: \\d"
            |                ^
        → write \\\\ for a backslash, or use single quotes

      runbook.yaml:5:5: error: the same key is given twice in one mapping
          5 |     name: B
            |     ^
        → remove one of the two

      runbook.yaml:6:11: error: !foo is a tag that nothing here knows
          6 |     type: !foo MANUAL
            |           ^^^^
        → remove it, or put text that begins with "!" in quotes

      3 errors
    ` },
  { name: 'several documents', files: runbook(`${GOOD}---\ntasks: []\n`), stderr: text`
      runbook.yaml:5:1: error: the file holds more than one YAML document
          5 | ---
            | ^
        → keep one document a file: remove the "---" and what belongs to the other
    ` },
  { name: 'keys that reach into prototypes', files: runbook(`${GOOD}    __proto__: {x: 1}\n    constructor: 2\nx-mine:\n  prototype: 3\n`), stderr: text`
      runbook.yaml:5:5: error: the key "__proto__" is not allowed
          5 |     __proto__: {x: 1}
            |     ^^^^^^^^^
        → choose another name

      runbook.yaml:6:5: error: the key "constructor" is not allowed
          6 |     constructor: 2
            |     ^^^^^^^^^^^
        → choose another name

      runbook.yaml:8:3: error: the key "prototype" is not allowed
          8 |   prototype: 3
            |   ^^^^^^^^^
        → choose another name

      3 errors
    ` },
  { name: 'an alias without an anchor', files: runbook(GOOD.replace('name: A', 'name: *important')), stderr: text`
      runbook.yaml:3:11: error: nothing above is marked with the anchor "&important"
          3 |     name: *important
            |           ^^^^^^^^^^
        → put text that begins with "*" in quotes
    ` },
  { name: 'aliases that expand to billions of values', files: runbook(billionLaughs()), stderr: text`
      runbook.yaml:7:12: error: the aliases of this file expand to too much data
          7 | x-g: &x-g [*x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f, *x-f]
            |            ^^^^
        → write the values out instead of nesting aliases
    ` },
  { name: 'flow collections nested 10,000 deep', files: runbook(`${GOOD}x-deep: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`), stderr: text`
      runbook.yaml:5:208: error: this is nested more than 200 levels deep
          5 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
            |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        → write it flatter
    ` },
  { name: 'mappings nested 1,000 deep', files: runbook(`${GOOD}vars:\n${Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth + 1)}a:\n`).join('')}`), stderr: text`
      runbook.yaml:205:201: error: this is nested more than 200 levels deep
        205 |                                         a:
            |                                         ^^
        → write it flatter
    ` },
];

export const SHAPE: readonly BadInput[] = [
  { name: 'wrong types', files: runbook('name: [x]\nvars: 5\ntasks:\n  - id: a\n    name: 5\n    type: MANUAL\n    depends_on: b\n    hold: "yes"\n    phase: {x: 1}\n'), stderr: text`
      runbook.yaml:1:7: error: "name" must be text, not a list
          1 | name: [x]
            |       ^^^
        → write a text; what begins with "[" or "{" needs quotes

      runbook.yaml:2:7: error: "vars" must be a mapping, not the number 5
          2 | vars: 5
            |       ^
        → write it as "key: value" lines

      runbook.yaml:5:11: error: "tasks[0].name" must be text, not the number 5
          5 |     name: 5
            |           ^
        → put it in quotes: "5"

      runbook.yaml:7:17: error: "tasks[0].depends_on" must be a list, not the text "b"
          7 |     depends_on: b
            |                 ^
        → write a list: [b]

      runbook.yaml:8:11: error: "tasks[0].hold" must be true or false, not the text "yes"
          8 |     hold: "yes"
            |           ^^^^^
        → write true or false, without quotes

      runbook.yaml:9:12: error: "tasks[0].phase" must be text, not a mapping
          9 |     phase: {x: 1}
            |            ^^^^^^
        → write a text; what begins with "[" or "{" needs quotes

      6 errors
    ` },
  { name: 'unknown keys and words', files: runbook('nmae: x\ntasks:\n  - id: a\n    name: A\n    type: MANAUL\n    status: DOEN\n    depnds_on: [b]\n    colour: red\n    x-mine: kept\n'), stderr: text`
      runbook.yaml:1:1: error: unknown key "nmae"
          1 | nmae: x
            | ^^^^
        → did you mean "name"?

      runbook.yaml:5:11: error: "tasks[0].type" must be MANUAL, AI_ASSISTED or AUTOMATED_SCRIPT, not "MANAUL"
          5 |     type: MANAUL
            |           ^^^^^^
        → did you mean "MANUAL"?

      runbook.yaml:6:13: error: "tasks[0].status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "DOEN"
          6 |     status: DOEN
            |             ^^^^
        → did you mean "DONE"?

      runbook.yaml:7:5: error: unknown key "depnds_on"
          7 |     depnds_on: [b]
            |     ^^^^^^^^^
        → did you mean "depends_on"?

      runbook.yaml:8:5: error: unknown key "colour"
          8 |     colour: red
            |     ^^^^^^
        → remove it, or begin its name with "x-" if it is your own

      5 errors
    ` },
  { name: 'a status that is none of the six', files: runbook(`${GOOD}    status: FINISHED\n`), stderr: text`
      runbook.yaml:5:13: error: "tasks[0].status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "FINISHED"
          5 |     status: FINISHED
            |             ^^^^^^^^
        → write one of them
    ` },
  { name: 'missing keys', files: runbook('tasks:\n  - id: a\n  - name: B\n    type: MANUAL\n'), stderr: text`
      runbook.yaml:2:5: error: "name" is missing in tasks[0]
          2 |   - id: a
            |     ^^^^^
        → add "name: …"

      runbook.yaml:2:5: error: "type" is missing in tasks[0]
          2 |   - id: a
            |     ^^^^^
        → add "type: …"

      runbook.yaml:3:5: error: "id" is missing in tasks[1]
          3 |   - name: B
            |     ^^^^^^^
        → add "id: …"

      3 errors
    ` },
  { name: 'illegal ids, and a number that is not quoted', files: runbook('tasks:\n  - {id: 2.1, name: A, type: MANUAL}\n  - {id: "-x", name: B, type: MANUAL}\n  - {id: "a b", name: C, type: MANUAL}\n  - {id: 7, name: D, type: MANUAL, depends_on: [8]}\n'), stderr: text`
      runbook.yaml:2:10: error: "tasks[0].id" must be text, not the number 2.1
          2 |   - {id: 2.1, name: A, type: MANUAL}
            |          ^^^
        → put it in quotes

      runbook.yaml:3:10: error: "tasks[1].id" must begin with a letter or digit and hold only letters, digits, "_", "." and "-", at most 100, but is "-x"
          3 |   - {id: "-x", name: B, type: MANUAL}
            |          ^^^^
        → correct it here

      runbook.yaml:4:10: error: "tasks[2].id" must begin with a letter or digit and hold only letters, digits, "_", "." and "-", at most 100, but is "a b"
          4 |   - {id: "a b", name: C, type: MANUAL}
            |          ^^^^^
        → correct it here

      runbook.yaml:5:10: error: "tasks[3].id" must be text, not the number 7
          5 |   - {id: 7, name: D, type: MANUAL, depends_on: [8]}
            |          ^
        → put it in quotes: "7"

      runbook.yaml:5:49: error: "tasks[3].depends_on[0]" must be text, not the number 8
          5 |   - {id: 7, name: D, type: MANUAL, depends_on: [8]}
            |                                                 ^
        → put it in quotes: "8"

      5 errors
    ` },
  { name: 'no tasks', files: runbook('tasks: []\n'), stderr: text`
      runbook.yaml:1:8: error: the runbook has no tasks
          1 | tasks: []
            |        ^^
        → add one with "orchestrate add ID --type MANUAL --name NAME"
    ` },
  { name: 'an empty list of tasks', files: runbook('tasks:\n'), stderr: text`
      runbook.yaml:1:1: error: "tasks" must be a list, not empty
          1 | tasks:
            | ^^^^^
        → write its items on lines that begin with "- "
    ` },
  { name: 'an empty file', files: runbook(''), stderr: text`
      runbook.yaml: error: the runbook is empty
        → add a list of tasks under "tasks:"
    ` },
  { name: 'nothing but comments', files: runbook('# to do\n'), stderr: text`
      runbook.yaml: error: the runbook is empty
        → add a list of tasks under "tasks:"
    ` },
  { name: 'a list at the top', files: runbook('- id: a\n'), stderr: text`
      runbook.yaml:1:1: error: the file must be a mapping, not a list
          1 | - id: a
            | ^^^^^^^
        → write it as "key: value" lines
    ` },
  { name: 'a text at the top', files: runbook('hello\n'), stderr: text`
      runbook.yaml:1:1: error: the file must be a mapping, not the text "hello"
          1 | hello
            | ^^^^^
        → write it as "key: value" lines
    ` },
];

export const GRAPH: readonly BadInput[] = [
  { name: 'ids that are used twice, or differ in case and punctuation only', files: runbook('tasks:\n  - {id: a.b, name: A, type: MANUAL}\n  - {id: A_B, name: B, type: MANUAL}\n  - {id: a.b, name: C, type: MANUAL}\n'), stderr: text`
      runbook.yaml:3:10: error: the ids "a.b" and "A_B" differ only in case or punctuation
          3 |   - {id: A_B, name: B, type: MANUAL}
            |          ^^^
        first used here: runbook.yaml:2:10
          2 |   - {id: a.b, name: A, type: MANUAL}
            |          ^^^
        → rename one of them

      runbook.yaml:4:10: error: the id "a.b" is used twice
          4 |   - {id: a.b, name: C, type: MANUAL}
            |          ^^^
        first used here: runbook.yaml:2:10
          2 |   - {id: a.b, name: A, type: MANUAL}
            |          ^^^
        → rename one of them

      2 errors
    ` },
  { name: 'unknown dependencies', files: runbook('tasks:\n  - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}\n'), stderr: text`
      runbook.yaml:2:53: error: "build" depends on "biuld", which does not exist
          2 |   - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}
            |                                                     ^^^^^
        → did you mean "build"?

      runbook.yaml:2:60: error: "build" depends on "deploy", which does not exist
          2 |   - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}
            |                                                            ^^^^^^
        → add that task, or remove the dependency

      2 errors
    ` },
  { name: 'a cycle, with every edge', files: runbook('tasks:\n  - {id: a, name: A, type: MANUAL, depends_on: [c]}\n  - {id: b, name: B, type: MANUAL, depends_on: [a]}\n  - {id: c, name: C, type: MANUAL, depends_on: [x, b]}\n  - {id: x, name: X, type: MANUAL}\n'), stderr: text`
      runbook.yaml:2:49: error: these tasks wait for each other: a → c → b → a
          2 |   - {id: a, name: A, type: MANUAL, depends_on: [c]}
            |                                                 ^
        "c" depends on "b": runbook.yaml:4:52
          4 |   - {id: c, name: C, type: MANUAL, depends_on: [x, b]}
            |                                                    ^
        "b" depends on "a": runbook.yaml:3:49
          3 |   - {id: b, name: B, type: MANUAL, depends_on: [a]}
            |                                                 ^
        → remove one of these dependencies
    ` },
  { name: 'a task that depends on itself', files: runbook(`${GOOD}    depends_on:\n      - a\n`), stderr: text`
      runbook.yaml:6:9: error: "a" depends on itself
          6 |       - a
            |         ^
        → remove one of these dependencies
    ` },
];

export const BYTES: readonly BadInput[] = [
  { name: '50 MB', files: runbook(`${GOOD}#${'x'.repeat(50 * 1024 * 1024)}`), stderr: text`
      runbook.yaml: error: runbook.yaml has 50 MB; the limit is 16 MB
        → move data out of it into files of its own
    ` },
  { name: 'a NUL byte', files: runbook(GOOD.replace('name: A', 'name: A\0')), stderr: text`
      runbook.yaml:3:12: error: YAML allows no control character here (U+0000)
          3 |     name: A␀
            |            ^
        → remove it; inside double quotes it can be written as \\u0000
    ` },
  { name: 'nothing but NUL bytes, as a power cut leaves them', files: runbook('\0'.repeat(4096)), stderr: text`
      runbook.yaml:1:1: error: YAML allows no control character here (U+0000)
          1 | ␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀␀
            | ^
        → remove it; inside double quotes it can be written as \\u0000
    ` },
  { name: 'Latin-1', files: runbook(Buffer.from(GOOD.replace('name: A', 'name: caf\u00E9'), 'latin1')), stderr: text`
      runbook.yaml:3:14: error: this is not UTF-8
          3 |     name: caf�
            |              ^
        → save the file as UTF-8
    ` },
  { name: 'UTF-16', files: runbook(Buffer.from(`\uFEFF${GOOD}`, 'utf16le')), stderr: text`
      runbook.yaml:1:1: error: this is not UTF-8
          1 | ��t␀a␀s␀k␀s␀:␀
            | ^
        → save the file as UTF-8
    ` },
  { name: 'a folder', files: { 'runbook.yaml/notes.txt': 'x' }, stderr: text`
      runbook.yaml: error: runbook.yaml is a folder
        → put a YAML file in its place
    ` },
  { name: 'a device that never ends', files: {}, prepare: (project) => symlink('/dev/zero', path.join(project.dir, 'runbook.yaml')), stderr: text`
      runbook.yaml: error: runbook.yaml is not a regular file
        → put a YAML file in its place
    ` },
];

/** What is wrong is spread over every file; it is all told, file by file and from top to bottom. */
export const EVERYWHERE: BadInput = {
  name: 'mistakes everywhere, told at once',
  files: {
    'runbook.yaml': text`
      vars: {product: Orchestra}
      tasks:
        - id: draft
          name: Draft
          type: AI_ASSISTED
          task_detail_file: tasks/draft.yaml
          depends_on: [publish]
        - id: check
          name: Check
          type: AUTOMATED_SCRIPT
          task_detail_file: tasks/check.yaml
          depnds_on: [draft]
        - id: publish
          name: Publish
          type: MANUAL
          task_detail_file: tasks/publish.yaml
          depends_on: [draft, chekc]
    `,
    'tasks/draft.yaml': 'id: draft\nai_details:\n  model: m\n  prompt_template: prompt_templates/draft.md\n  input_context: {tone: calm}\n',
    'tasks/check.yaml': 'id: chekc\nscript_details: {comand: "true"}\n',
    'prompt_templates/draft.md': 'Announce {{ vars.produkt }} in a {{ tonne }} tone.\n',
  },
  stderr: text`
      runbook.yaml:7:18: error: these tasks wait for each other: draft → publish → draft
          7 |     depends_on: [publish]
            |                  ^^^^^^^
        "publish" depends on "draft": runbook.yaml:17:18
         17 |     depends_on: [draft, chekc]
            |                  ^^^^^
        → remove one of these dependencies

      runbook.yaml:12:5: error: unknown key "depnds_on"
         12 |     depnds_on: [draft]
            |     ^^^^^^^^^
        → did you mean "depends_on"?

      runbook.yaml:16:23: error: the detail file of "publish" does not exist: tasks/publish.yaml
         16 |     task_detail_file: tasks/publish.yaml
            |                       ^^^^^^^^^^^^^^^^^^
        → create it, or correct the path

      runbook.yaml:17:25: error: "publish" depends on "chekc", which does not exist
         17 |     depends_on: [draft, chekc]
            |                         ^^^^^
        → did you mean "check"?

      tasks/check.yaml:1:5: error: "id" is chekc here, but check in runbook.yaml
          1 | id: chekc
            |     ^^^^^
        the entry: runbook.yaml:8:9
          8 |   - id: check
            |         ^^^^^
        → make the two the same

      tasks/check.yaml:2:18: error: unknown key "comand"
          2 | script_details: {comand: "true"}
            |                  ^^^^^^
        → did you mean "command"?

      prompt_templates/draft.md:1:13: error: the template uses "vars.produkt", which nothing defines
          1 | Announce {{ vars.produkt }} in a {{ tonne }} tone.
            |             ^^^^^^^^^^^^
        used here: tasks/draft.yaml:4:20
          4 |   prompt_template: prompt_templates/draft.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "product"?

      prompt_templates/draft.md:1:37: error: the template uses the variable "tonne", which nothing defines
          1 | Announce {{ vars.produkt }} in a {{ tonne }} tone.
            |                                     ^^^^^
        used here: tasks/draft.yaml:4:20
          4 |   prompt_template: prompt_templates/draft.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "tone"?

      8 errors
    `,
};

function billionLaughs(): string {
  const level = (name: string, inner: string) => `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(', ')}]\n`;
  const names = ['x-a', 'x-b', 'x-c', 'x-d', 'x-e', 'x-f', 'x-g', 'x-h', 'x-i'];
  return `${names.map((name, index) => level(name, index === 0 ? 'lol' : `*${names[index - 1]}`)).join('')}${GOOD}`;
}
