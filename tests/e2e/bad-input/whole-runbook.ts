// Bad input that blocks the whole runbook: what says something impossible. Nothing is run and nothing is changed (design.md §2).
import { type BadInput, text } from './case.ts';

const runbook = (content: string | Uint8Array) => ({ 'runbook.yaml': content });
const GOOD = text`
  tasks:
    - id: a
      name: A
      type: MANUAL
`;

export const SHAPE: readonly BadInput[] = [
  {
    name: 'wrong types',
    files: runbook(
      'name: [x]\nvars: 5\ntasks:\n  - id: a\n    name: 5\n    type: MANUAL\n    depends_on: b\n    hold: "yes"\n    phase: {x: 1}\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'unknown keys and words',
    files: runbook(
      'nmae: x\ntasks:\n  - id: a\n    name: A\n    type: MANAUL\n    status: DOEN\n    depnds_on: [b]\n    colour: red\n    x-mine: kept\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'a status that is none of the six',
    files: runbook(`${GOOD}    status: FINISHED\n`),
    stderr: text`
      runbook.yaml:5:13: error: "tasks[0].status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "FINISHED"
          5 |     status: FINISHED
            |             ^^^^^^^^
        → write one of them
    `,
  },
  {
    name: 'missing keys',
    files: runbook('tasks:\n  - id: a\n  - name: B\n    type: MANUAL\n'),
    stderr: text`
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
    `,
  },
  {
    name: 'illegal ids, and a number that is not quoted',
    files: runbook(
      'tasks:\n  - {id: 2.1, name: A, type: MANUAL}\n  - {id: "-x", name: B, type: MANUAL}\n  - {id: "a b", name: C, type: MANUAL}\n  - {id: 7, name: D, type: MANUAL, depends_on: [8]}\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'no tasks',
    files: runbook('tasks: []\n'),
    stderr: text`
      runbook.yaml:1:8: error: the runbook has no tasks
          1 | tasks: []
            |        ^^
        → add one with "orchestrate add ID --type MANUAL --name NAME"
    `,
  },
  {
    name: 'an empty list of tasks',
    files: runbook('tasks:\n'),
    stderr: text`
      runbook.yaml:1:1: error: "tasks" must be a list, not empty
          1 | tasks:
            | ^^^^^
        → write its items on lines that begin with "- "
    `,
  },
  {
    name: 'an empty file',
    files: runbook(''),
    stderr: text`
      runbook.yaml: error: the runbook is empty
        → add a list of tasks under "tasks:"
    `,
  },
  {
    name: 'nothing but comments',
    files: runbook('# to do\n'),
    stderr: text`
      runbook.yaml: error: the runbook is empty
        → add a list of tasks under "tasks:"
    `,
  },
  {
    name: 'a list at the top',
    files: runbook('- id: a\n'),
    stderr: text`
      runbook.yaml:1:1: error: the file must be a mapping, not a list
          1 | - id: a
            | ^^^^^^^
        → write it as "key: value" lines
    `,
  },
  {
    name: 'a text at the top',
    files: runbook('hello\n'),
    stderr: text`
      runbook.yaml:1:1: error: the file must be a mapping, not the text "hello"
          1 | hello
            | ^^^^^
        → write it as "key: value" lines
    `,
  },
];

export const GRAPH: readonly BadInput[] = [
  {
    name: 'ids that are used twice, or differ in case and punctuation only',
    files: runbook(
      'tasks:\n  - {id: a.b, name: A, type: MANUAL}\n  - {id: A_B, name: B, type: MANUAL}\n  - {id: a.b, name: C, type: MANUAL}\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'unknown dependencies',
    files: runbook('tasks:\n  - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}\n'),
    stderr: text`
      runbook.yaml:2:53: error: "build" depends on "biuld", which does not exist
          2 |   - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}
            |                                                     ^^^^^
        → did you mean "build"?

      runbook.yaml:2:60: error: "build" depends on "deploy", which does not exist
          2 |   - {id: build, name: A, type: MANUAL, depends_on: [biuld, deploy]}
            |                                                            ^^^^^^
        → add that task, or remove the dependency

      2 errors
    `,
  },
  {
    name: 'a cycle, with every edge',
    files: runbook(
      'tasks:\n  - {id: a, name: A, type: MANUAL, depends_on: [c]}\n  - {id: b, name: B, type: MANUAL, depends_on: [a]}\n  - {id: c, name: C, type: MANUAL, depends_on: [x, b]}\n  - {id: x, name: X, type: MANUAL}\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'a task that depends on itself',
    files: runbook(`${GOOD}    depends_on:\n      - a\n`),
    stderr: text`
      runbook.yaml:6:9: error: "a" depends on itself
          6 |       - a
            |         ^
        → remove one of these dependencies
    `,
  },
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
    'tasks/draft.yaml':
      'id: draft\nai_details:\n  model: m\n  prompt_template: prompt_templates/draft.md\n  input_context: {tone: calm}\n',
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
