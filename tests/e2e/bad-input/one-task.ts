// Bad input in the detail file of one task: it blocks that task only (design.md §2).
import { symlink } from 'node:fs/promises';
import { type BadInput, text } from './case.ts';
import { DETAIL, inside, outside, project, script } from './projects.ts';

export const DETAIL_FILES: readonly BadInput[] = [
  {
    name: 'no detail file',
    files: project('AUTOMATED_SCRIPT', '', {}),
    stderr: text`
      runbook.yaml:2:9: error: task "bad" (AUTOMATED_SCRIPT) names no "task_detail_file"
          2 |   - id: bad
            |         ^^^
        → write tasks/bad.yaml and add "task_detail_file: tasks/bad.yaml"
    `,
  },
  {
    name: 'a detail file that does not exist',
    files: project('MANUAL', DETAIL, {}),
    stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" does not exist: tasks/bad.yaml
          5 |     task_detail_file: tasks/bad.yaml
            |                       ^^^^^^^^^^^^^^
        → create it, or correct the path
    `,
  },
  {
    name: 'a detail file that is a folder',
    files: project('MANUAL', '    task_detail_file: tasks\n', {}),
    stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" is a folder: tasks
          5 |     task_detail_file: tasks
            |                       ^^^^^
        → name a YAML file
    `,
  },
  {
    name: 'a detail file outside the project',
    files: project('MANUAL', '    task_detail_file: ../bad.yaml\n', {}),
    stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: ../bad.yaml
          5 |     task_detail_file: ../bad.yaml
            |                       ^^^^^^^^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'an absolute path to a detail file',
    files: project('MANUAL', '    task_detail_file: /etc/hosts\n', {}),
    stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: /etc/hosts
          5 |     task_detail_file: /etc/hosts
            |                       ^^^^^^^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'a detail file that is a link out of the project',
    files: project('AUTOMATED_SCRIPT', DETAIL, {}),
    prepare: async (from) => symlink(await outside(from, 'bad.yaml'), inside(from, 'tasks/bad.yaml')),
    stderr: text`
      runbook.yaml:5:23: error: the detail file of "bad" lies outside the project: tasks/bad.yaml
          5 |     task_detail_file: tasks/bad.yaml
            |                       ^^^^^^^^^^^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'a detail file for another task',
    files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: good\ntype: AI_ASSISTED\nstatus: REDY\n' }),
    stderr: text`
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
    `,
  },
  {
    name: 'broken YAML in a detail file',
    files: script('script_details: {command: "ls}\n'),
    stderr: text`
      tasks/bad.yaml:2:27: error: the quote that begins here is never closed
          2 | script_details: {command: "ls}
            |                           ^^^^
        → close it on the line where it should end
    `,
  },
  {
    name: 'a detail file in Latin-1',
    files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': Buffer.from('id: bad\nname: caf\u00E9\n', 'latin1') }),
    stderr: text`
      tasks/bad.yaml:2:10: error: this is not UTF-8
          2 | name: caf�
            |          ^
        → save the file as UTF-8
    `,
  },
  {
    name: 'a detail file of 50 MB',
    files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': `id: bad\n#${'x'.repeat(50 * 1024 * 1024)}` }),
    stderr: text`
      tasks/bad.yaml: error: tasks/bad.yaml has 50 MB; the limit is 16 MB
        → move data out of it into files of its own
    `,
  },
  {
    name: 'aliases that expand without bounds in a detail file',
    files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: bad\nx-a: &a [*a]\n' }),
    stderr: text`
      tasks/bad.yaml:2:10: error: "*a" stands inside what it stands for
          2 | x-a: &a [*a]
            |          ^^
        → write the value out
    `,
  },
  {
    name: 'a section of another type',
    files: project('MANUAL', DETAIL, { 'tasks/bad.yaml': 'id: bad\nscript_details: ls\n' }),
    stderr: text`
      tasks/bad.yaml:2:1: error: "script_details" belongs to AUTOMATED_SCRIPT tasks, but "bad" is MANUAL
          2 | script_details: ls
            | ^^^^^^^^^^^^^^
        → remove it, or correct the type in both files
    `,
  },
  {
    name: 'a script task without a command',
    files: script('description: later\n'),
    stderr: text`
      tasks/bad.yaml:1:1: error: task "bad" has no command to run
          1 | id: bad
            | ^^^^^^^
        → add "script_details: …"
    `,
  },
];

export const SCRIPTS: readonly BadInput[] = [
  {
    name: 'a command that YAML reads as a truth value',
    files: script('script_details: true\n'),
    stderr: text`
      tasks/bad.yaml:2:17: error: "script_details" must be text or a mapping, not the value true
          2 | script_details: true
            |                 ^^^^
        → put it in quotes: "true"
    `,
  },
  {
    name: 'wrong options of a script',
    files: script(
      'script_details:\n  command: ls\n  arg: [x]\n  timeout: soon\n  retries: -1\n  success_exit_codes: 0\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'a working folder and an env file outside the project',
    files: script('script_details: {command: ls, cwd: /etc, env_file: ../../.env}\n'),
    stderr: text`
      tasks/bad.yaml:2:36: error: "cwd" leads outside the project: /etc
          2 | script_details: {command: ls, cwd: /etc, env_file: ../../.env}
            |                                    ^^^^
        → give a path inside the project

      tasks/bad.yaml:2:52: error: "env_file" leads outside the project: ../../.env
          2 | script_details: {command: ls, cwd: /etc, env_file: ../../.env}
            |                                                    ^^^^^^^^^^
        → give a path inside the project

      2 errors
    `,
  },
  {
    name: 'a working folder that is a link out of the project',
    files: script('script_details: {command: ls, cwd: away}\n'),
    prepare: (from) => symlink(from.home, inside(from, 'away')),
    stderr: text`
      tasks/bad.yaml:2:36: error: "cwd" leads outside the project: away
          2 | script_details: {command: ls, cwd: away}
            |                                    ^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'a capture without a file',
    files: script('script_details: {command: ls, capture: stdout}\n'),
    stderr: text`
      tasks/bad.yaml:2:40: error: "capture: stdout" has no file to fill
          2 | script_details: {command: ls, capture: stdout}
            |                                        ^^^^^^
        → add "output_artifact: …"
    `,
  },
  {
    name: 'checks outside the project, and a pattern that is none',
    files: script('script_details: ls\nexpects:\n  - file: ../done\n  - {file: out.txt, matches: "(ok"}\n'),
    stderr: text`
      tasks/bad.yaml:4:11: error: this check looks outside the project: ../done
          4 |   - file: ../done
            |           ^^^^^^^
        → give a path inside the project

      tasks/bad.yaml:5:30: error: /(ok/ is not a regular expression
          5 |   - {file: out.txt, matches: "(ok"}
            |                              ^^^^^
        → correct the pattern

      2 errors
    `,
  },
];

export const ARTIFACTS: readonly BadInput[] = [
  {
    name: 'an artifact outside the project',
    files: script('script_details: ls\noutput_artifact: ../out.txt\n'),
    stderr: text`
      tasks/bad.yaml:3:18: error: "output_artifact" leads outside the project: ../out.txt
          3 | output_artifact: ../out.txt
            |                  ^^^^^^^^^^
        → give a path relative to the project folder
    `,
  },
  ...[
    '.git/hooks/pre-commit',
    '.orchestrate/state.db',
    '.env',
    './outputs/../runbook.yaml',
    'tasks/other.yaml',
    'config/models.yaml',
  ].map((file) => ({
    name: `an artifact at ${file}`,
    files: script(`script_details: ls\noutput_artifact: ${file}\n`),
    stderr: text`
      tasks/bad.yaml:3:18: error: no task may write ${file}
          3 | output_artifact: ${file}
            |                  ${'^'.repeat(file.length)}
        → choose a path outside .git, .orchestrate, .env, runbook.yaml, tasks and config
    `,
  })),
  {
    name: 'an artifact that a link leads out of the project',
    files: script('script_details: ls\noutput_artifact: away/out.txt\n'),
    prepare: (from) => symlink(from.home, inside(from, 'away')),
    stderr: text`
      tasks/bad.yaml:3:18: error: away/out.txt leads outside the project through a link
          3 | output_artifact: away/out.txt
            |                  ^^^^^^^^^^^^
        → give a path inside the project that is no link to such a place
    `,
  },
  {
    name: 'an artifact that a link leads to a forbidden place',
    files: script('script_details: ls\noutput_artifact: notes/x.yaml\n'),
    prepare: (from) => symlink('tasks', inside(from, 'notes')),
    stderr: text`
      tasks/bad.yaml:3:18: error: notes/x.yaml leads to tasks/x.yaml, which no task may write
          3 | output_artifact: notes/x.yaml
            |                  ^^^^^^^^^^^^
        → give a path inside the project that is no link to such a place
    `,
  },
  {
    name: 'an artifact that is a folder',
    files: script('script_details: ls\noutput_artifact: outputs\n', { 'outputs/x': '' }),
    stderr: text`
      tasks/bad.yaml:3:18: error: outputs is a folder
          3 | output_artifact: outputs
            |                  ^^^^^^^
        → name a file
    `,
  },
];
