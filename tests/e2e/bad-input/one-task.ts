// Bad input in the files of one task: it blocks that task only (design.md §2). In each project the script task "other" can run.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Project } from '../../rig/project.ts';
import { type BadInput, text } from './case.ts';

type Files = Record<string, string | Uint8Array>;

/** The broken task is called "bad" and stands first. */
const project = (type: string, entry: string, files: Files): Files => ({
  'runbook.yaml': `tasks:\n  - id: bad\n    name: Bad\n    type: ${type}\n${entry}  - id: other\n    name: Other\n    type: AUTOMATED_SCRIPT\n    task_detail_file: tasks/other.yaml\n`,
  'tasks/other.yaml': 'id: other\noutput_artifact: outputs/other.txt\nscript_details: {command: printf, args: [done], capture: stdout}\n',
  ...files,
});
const DETAIL = '    task_detail_file: tasks/bad.yaml\n';
const script = (detail: string, files: Files = {}) => project('AUTOMATED_SCRIPT', DETAIL, { 'tasks/bad.yaml': `id: bad\n${detail}`, ...files });
const ai = (detail: string, files: Files = {}) =>
  project('AI_ASSISTED', DETAIL, { 'tasks/bad.yaml': `id: bad\nai_details:\n  model: m\n  prompt_template: prompt_templates/bad.md\n${detail}`, 'prompt_templates/bad.md': 'Say {{ word }}.\n', ...files });
const WORD = '  input_context: {word: hello}\n';
const inside = (from: Project, file: string) => path.join(from.dir, file);
/** Something outside the project that a link could lead to. */
const outside = async (from: Project, file: string): Promise<string> => {
  const target = path.join(from.home, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, 'id: bad\nscript_details: "true"\n');
  return target;
};

export const DETAIL_FILES: readonly BadInput[] = [
  { name: 'no detail file', files: project('AUTOMATED_SCRIPT', '', {}), stderr: text`
      runbook.yaml:2:9: error: task "bad" (AUTOMATED_SCRIPT) names no "task_detail_file"
          2 |   - id: bad
            |         ^^^
        → write tasks/bad.yaml and add "task_detail_file: tasks/bad.yaml"
    ` },
  { name: 'a detail file that does not exist', files: project('MANUAL', DETAIL, {}), stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" does not exist: tasks/bad.yaml
          5 |     task_detail_file: tasks/bad.yaml
            |                       ^^^^^^^^^^^^^^
        → create it, or correct the path
    ` },
  { name: 'a detail file that is a folder', files: project('MANUAL', '    task_detail_file: tasks\n', {}), stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" is a folder: tasks
          5 |     task_detail_file: tasks
            |                       ^^^^^
        → name a YAML file
    ` },
  { name: 'a detail file outside the project', files: project('MANUAL', '    task_detail_file: ../bad.yaml\n', {}), stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: ../bad.yaml
          5 |     task_detail_file: ../bad.yaml
            |                       ^^^^^^^^^^^
        → give a path inside the project
    ` },
  { name: 'an absolute path to a detail file', files: project('MANUAL', '    task_detail_file: /etc/hosts\n', {}), stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: /etc/hosts
          5 |     task_detail_file: /etc/hosts
            |                       ^^^^^^^^^^
        → give a path inside the project
    ` },
  { name: 'a detail file that is a link out of the project', files: project('AUTOMATED_SCRIPT', DETAIL, {}), prepare: async (from) => symlink(await outside(from, 'bad.yaml'), inside(from, 'tasks/bad.yaml')), stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: tasks/bad.yaml
          5 |     task_detail_file: tasks/bad.yaml
            |                       ^^^^^^^^^^^^^^
        → give a path inside the project
    ` },
  { name: 'a detail file for another task', files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: good\ntype: AI_ASSISTED\nstatus: REDY\n' }), stderr: text`
      tasks/bad.yaml:1:5: error: "id" is good here, but bad in runbook.yaml
          1 | id: good
            |     ^^^^
        the entry: runbook.yaml:2:9
          2 |   - id: bad
            |         ^^^
        → make the two the same

      tasks/bad.yaml:2:7: error: "type" is AI_ASSISTED here, but MANUAL in runbook.yaml
          2 | type: AI_ASSISTED
            |       ^^^^^^^^^^^
        the entry: runbook.yaml:4:11
          4 |     type: MANUAL
            |           ^^^^^^
        → make the two the same

      tasks/bad.yaml:3:9: error: "status" must be PENDING, READY, RUNNING, DONE, ERROR or SKIPPED, not "REDY"
          3 | status: REDY
            |         ^^^^
        → did you mean "READY"?

      3 errors
    ` },
  { name: 'broken YAML in a detail file', files: script('script_details: {command: "ls}\n'), stderr: text`
      tasks/bad.yaml:2:27: error: the quote that begins here is never closed
          2 | script_details: {command: "ls}
            |                           ^^^^
        → close it on the line where it should end
    ` },
  { name: 'a detail file in Latin-1', files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': Buffer.from('id: bad\nname: caf\u00E9\n', 'latin1') }), stderr: text`
      tasks/bad.yaml:2:10: error: this is not UTF-8
          2 | name: caf�
            |          ^
        → save the file as UTF-8
    ` },
  { name: 'a detail file of 50 MB', files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': `id: bad\n#${'x'.repeat(50 * 1024 * 1024)}` }), stderr: text`
      tasks/bad.yaml: error: tasks/bad.yaml has 50 MB; the limit is 16 MB
        → move data out of it into files of its own
    ` },
  { name: 'aliases that expand without bounds in a detail file', files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: bad\nx-a: &a [*a]\n' }), stderr: text`
      tasks/bad.yaml:2:10: error: "*a" stands inside what it stands for
          2 | x-a: &a [*a]
            |          ^^
        → write the value out
    ` },
  { name: 'a section of another type', files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: bad\nscript_details: ls\n' }), stderr: text`
      tasks/bad.yaml:2:1: error: "script_details" belongs to AUTOMATED_SCRIPT tasks, but "bad" is MANUAL
          2 | script_details: ls
            | ^^^^^^^^^^^^^^
        → remove it, or correct the type in both files
    ` },
  { name: 'a script task without a command', files: script('description: later\n'), stderr: text`
      tasks/bad.yaml:1:1: error: task "bad" has no command to run
          1 | id: bad
            | ^^^^^^^
        → add "script_details: …"
    ` },
];

export const SCRIPTS: readonly BadInput[] = [
  { name: 'a command that YAML reads as a truth value', files: script('script_details: true\n'), stderr: text`
      tasks/bad.yaml:2:17: error: "script_details" must be text or a mapping, not the value true
          2 | script_details: true
            |                 ^^^^
        → put it in quotes: "true"
    ` },
  { name: 'wrong options of a script', files: script('script_details:\n  command: ls\n  arg: [x]\n  timeout: soon\n  retries: -1\n  success_exit_codes: 0\n'), stderr: text`
      tasks/bad.yaml:4:3: error: unknown key "arg"
          4 |   arg: [x]
            |   ^^^
        → did you mean "args"?

      tasks/bad.yaml:5:12: error: "script_details.timeout" must be a duration: seconds, or 90s, 5m, 1h, but is "soon"
          5 |   timeout: soon
            |            ^^^^
        → correct it here

      tasks/bad.yaml:6:12: error: "script_details.retries" must not be negative, but is -1
          6 |   retries: -1
            |            ^^
        → correct it here

      tasks/bad.yaml:7:23: error: "script_details.success_exit_codes" must be a list, not the number 0
          7 |   success_exit_codes: 0
            |                       ^
        → write its items on lines that begin with "- "

      4 errors
    ` },
  { name: 'a working folder and an env file outside the project', files: script('script_details: {command: ls, cwd: /etc, env_file: ../../.env}\n'), stderr: text`
      tasks/bad.yaml:2:36: error: "cwd" leads outside the project: /etc
          2 | script_details: {command: ls, cwd: /etc, env_file: ../../.env}
            |                                    ^^^^
        → give a path inside the project

      tasks/bad.yaml:2:52: error: "env_file" leads outside the project: ../../.env
          2 | script_details: {command: ls, cwd: /etc, env_file: ../../.env}
            |                                                    ^^^^^^^^^^
        → give a path inside the project

      2 errors
    ` },
  { name: 'a working folder that is a link out of the project', files: script('script_details: {command: ls, cwd: away}\n'), prepare: (from) => symlink(from.home, inside(from, 'away')), stderr: text`
      tasks/bad.yaml:2:36: error: "cwd" leads outside the project: away
          2 | script_details: {command: ls, cwd: away}
            |                                    ^^^^
        → give a path inside the project
    ` },
  { name: 'a capture without a file', files: script('script_details: {command: ls, capture: stdout}\n'), stderr: text`
      tasks/bad.yaml:2:40: error: "capture: stdout" has no file to fill
          2 | script_details: {command: ls, capture: stdout}
            |                                        ^^^^^^
        → add "output_artifact: …"
    ` },
  { name: 'checks outside the project, and a pattern that is none', files: script('script_details: ls\nexpects:\n  - file: ../done\n  - {file: out.txt, matches: "(ok"}\n'), stderr: text`
      tasks/bad.yaml:4:11: error: this check looks outside the project: ../done
          4 |   - file: ../done
            |           ^^^^^^^
        → give a path inside the project

      tasks/bad.yaml:5:30: error: /(ok/ is not a regular expression
          5 |   - {file: out.txt, matches: "(ok"}
            |                              ^^^^^
        → correct the pattern

      2 errors
    ` },
];

export const ARTIFACTS: readonly BadInput[] = [
  { name: 'an artifact outside the project', files: script('script_details: ls\noutput_artifact: ../out.txt\n'), stderr: text`
      tasks/bad.yaml:3:18: error: "output_artifact" leads outside the project: ../out.txt
          3 | output_artifact: ../out.txt
            |                  ^^^^^^^^^^
        → give a path relative to the project folder
    ` },
  ...['.git/hooks/pre-commit', '.orchestrate/state.db', '.env', './outputs/../runbook.yaml', 'tasks/other.yaml', 'config/models.yaml'].map((file) => ({
    name: `an artifact at ${file}`,
    files: script(`script_details: ls\noutput_artifact: ${file}\n`),
    stderr: text`
      tasks/bad.yaml:3:18: error: no task may write ${file}
          3 | output_artifact: ${file}
            |                  ${'^'.repeat(file.length)}
        → choose a path outside .git, .orchestrate, .env, runbook.yaml, tasks and config
    `,
  })),
  { name: 'an artifact that a link leads out of the project', files: script('script_details: ls\noutput_artifact: away/out.txt\n'), prepare: (from) => symlink(from.home, inside(from, 'away')), stderr: text`
      tasks/bad.yaml:3:18: error: away/out.txt leads outside the project through a link
          3 | output_artifact: away/out.txt
            |                  ^^^^^^^^^^^^
        → give a path inside the project that is no link to such a place
    ` },
  { name: 'an artifact that a link leads to a forbidden place', files: script('script_details: ls\noutput_artifact: notes/x.yaml\n'), prepare: (from) => symlink('tasks', inside(from, 'notes')), stderr: text`
      tasks/bad.yaml:3:18: error: notes/x.yaml leads to tasks/x.yaml, which no task may write
          3 | output_artifact: notes/x.yaml
            |                  ^^^^^^^^^^^^
        → give a path inside the project that is no link to such a place
    ` },
  { name: 'an artifact that is a folder', files: script('script_details: ls\noutput_artifact: outputs\n', { 'outputs/x': '' }), stderr: text`
      tasks/bad.yaml:3:18: error: outputs is a folder
          3 | output_artifact: outputs
            |                  ^^^^^^^
        → name a file
    ` },
];

export const PROMPTS: readonly BadInput[] = [
  { name: 'no prompt template', files: project('AI_ASSISTED', DETAIL, { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m}\n' }), stderr: text`
      tasks/bad.yaml:1:1: error: task "bad" has no prompt template
          1 | id: bad
            | ^^^^^^^
        → add "ai_details: prompt_template: …"
    ` },
  { name: 'a template that does not exist', files: ai(WORD.replace('}', '}\n  fallback_prompt_template: prompt_templates/again.md')), stderr: text`
      tasks/bad.yaml:6:29: error: the template does not exist: prompt_templates/again.md
          6 |   fallback_prompt_template: prompt_templates/again.md
            |                             ^^^^^^^^^^^^^^^^^^^^^^^^^
        → create prompt_templates/again.md, or correct the path
    ` },
  { name: 'a template outside the project', files: ai('', { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m, prompt_template: ../bad.md}\n' }), stderr: text`
      tasks/bad.yaml:2:41: error: the template lies outside the project: ../bad.md
          2 | ai_details: {model: m, prompt_template: ../bad.md}
            |                                         ^^^^^^^^^
        → give a path inside the project
    ` },
  { name: 'a template that is a link out of the project', files: ai('', { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m, prompt_template: away/bad.md}\n' }), prepare: (from) => symlink(from.home, inside(from, 'away')), stderr: text`
      tasks/bad.yaml:2:41: error: the template lies outside the project: away/bad.md
          2 | ai_details: {model: m, prompt_template: away/bad.md}
            |                                         ^^^^^^^^^^^
        → give a path inside the project
    ` },
  { name: 'an undefined variable', files: ai('  input_context: {wrd: hello}\n'), stderr: text`
      prompt_templates/bad.md:1:8: error: the template uses the variable "word", which nothing defines
          1 | Say {{ word }}.
            |        ^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "wrd"?
    ` },
  { name: 'undefined members', files: ai(WORD, { 'prompt_templates/bad.md': 'Say {{ word }} to {{ task.nme }}\nand {{ vars.place }}.\n' }), stderr: text`
      prompt_templates/bad.md:1:22: error: the template uses "task.nme", which nothing defines
          1 | Say {{ word }} to {{ task.nme }}
            |                      ^^^^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "name"?

      prompt_templates/bad.md:2:8: error: the template uses "vars.place", which nothing defines
          2 | and {{ vars.place }}.
            |        ^^^^^^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → "vars" is empty: define "place" there

      2 errors
    ` },
  { name: 'mistakes in the template language', files: ai(WORD, { 'prompt_templates/bad.md': '{% if %}x{% endif %}\n{{ word | shout }}\n{% for w in word %}\n' }), stderr: text`
      prompt_templates/bad.md:1:6: error: invalid value expression: ""
          1 | {% if %}x{% endif %}
            |      ^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → mend the template here

      prompt_templates/bad.md:1:10: error: tag "endif" not found
          1 | {% if %}x{% endif %}
            |          ^^^^^^^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → mend the template here

      prompt_templates/bad.md:2:1: error: undefined filter: shout
          2 | {{ word | shout }}
            | ^^^^^^^^^^^^^^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → mend the template here

      prompt_templates/bad.md:3:1: error: tag {% for w in word %} not closed
          3 | {% for w in word %}
            | ^^^^^^^^^^^^^^^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → mend the template here

      4 errors
    ` },
  { name: 'mistakes in the front matter', files: ai(WORD, { 'prompt_templates/bad.md': '---\nmodl: x\nvariables:\n  word: {type: text}\n---\n{{ word }}\n' }), stderr: text`
      prompt_templates/bad.md:2:1: error: unknown key "modl"
          2 | modl: x
            | ^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "model"?

      prompt_templates/bad.md:4:16: error: "variables.word.type" must be string, integer, number, boolean, array or object, not "text"
          4 |   word: {type: text}
            |                ^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → write one of them

      2 errors
    ` },
  { name: 'values that the front matter does not allow', files: ai(WORD, { 'prompt_templates/bad.md': '---\nvariables:\n  word: {enum: [hi, bye]}\n  times: {type: integer}\n---\n{{ word }} {{ times }}\n' }), stderr: text`
      prompt_templates/bad.md:3:3: error: the variable "word" must be one of: hi, bye
          3 |   word: {enum: [hi, bye]}
            |   ^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → choose one of them

      prompt_templates/bad.md:4:3: error: the variable "times" is required, and has no value
          4 |   times: {type: integer}
            |   ^^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → give "times" under input_context

      2 errors
    ` },
  { name: 'unknown outputs, files and environment variables', files: ai('  input_context:\n    word: {output_of: othr}\n    a: {output_of: other}\n    b: {file: notes.txt}\n    c: {file: ../notes.txt}\n    d: {env: HOME}\n'), stderr: text`
      tasks/bad.yaml:6:11: error: "word" reads the output of "othr", which does not exist
          6 |     word: {output_of: othr}
            |           ^^^^^^^^^^^^^^^^^
        → did you mean "other"?

      tasks/bad.yaml:7:8: error: "a" reads the output of "other", but does not depend on it
          7 |     a: {output_of: other}
            |        ^^^^^^^^^^^^^^^^^^
        → add "other" to depends_on of "bad"

      tasks/bad.yaml:8:8: error: "b" reads notes.txt, which does not exist
          8 |     b: {file: notes.txt}
            |        ^^^^^^^^^^^^^^^^^
        → create it, or correct the path

      tasks/bad.yaml:9:8: error: "c" reads ../notes.txt, which lies outside the project
          9 |     c: {file: ../notes.txt}
            |        ^^^^^^^^^^^^^^^^^^^^
        → give a path inside the project

      tasks/bad.yaml:10:8: error: "d" reads the environment variable HOME, which is not allowed
         10 |     d: {env: HOME}
            |        ^^^^^^^^^^^
        → add it to ai: env_allow: [HOME] in runbook.yaml

      5 errors
    ` },
  { name: 'an output of a task without one', files: ai('  input_context: {word: {output_of: bad}}\n'), stderr: text`
      tasks/bad.yaml:5:25: error: "word" reads the output of "bad", which has no output_artifact
          5 |   input_context: {word: {output_of: bad}}
            |                         ^^^^^^^^^^^^^^^^
        → give "bad" an output_artifact
    ` },
];
