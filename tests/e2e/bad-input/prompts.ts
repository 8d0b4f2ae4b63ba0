// Bad input in the prompts of one task: it blocks that task only (design.md §2).
import { symlink } from 'node:fs/promises';
import { type BadInput, text } from './case.ts';
import { ai, DETAIL, inside, project, WORD } from './projects.ts';

export const PROMPTS: readonly BadInput[] = [
  {
    name: 'no prompt template',
    files: project('AI_ASSISTED', DETAIL, { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m}\n' }),
    stderr: text`
      tasks/bad.yaml:1:1: error: task "bad" has no prompt template
          1 | id: bad
            | ^^^^^^^
        → add "ai_details: prompt_template: …"
    `,
  },
  {
    name: 'a template that does not exist',
    files: ai(WORD.replace('}', '}\n  fallback_prompt_template: prompt_templates/again.md')),
    stderr: text`
      tasks/bad.yaml:6:29: error: the template does not exist: prompt_templates/again.md
          6 |   fallback_prompt_template: prompt_templates/again.md
            |                             ^^^^^^^^^^^^^^^^^^^^^^^^^
        → create prompt_templates/again.md, or correct the path
    `,
  },
  {
    name: 'a template outside the project',
    files: ai('', { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m, prompt_template: ../bad.md}\n' }),
    stderr: text`
      tasks/bad.yaml:2:41: error: the template lies outside the project: ../bad.md
          2 | ai_details: {model: m, prompt_template: ../bad.md}
            |                                         ^^^^^^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'a template that is a link out of the project',
    files: ai('', { 'tasks/bad.yaml': 'id: bad\nai_details: {model: m, prompt_template: away/bad.md}\n' }),
    prepare: (from) => symlink(from.home, inside(from, 'away')),
    stderr: text`
      tasks/bad.yaml:2:41: error: the template lies outside the project: away/bad.md
          2 | ai_details: {model: m, prompt_template: away/bad.md}
            |                                         ^^^^^^^^^^^
        → give a path inside the project
    `,
  },
  {
    name: 'an undefined variable',
    files: ai('  input_context: {wrd: hello}\n'),
    stderr: text`
      prompt_templates/bad.md:1:8: error: the template uses the variable "word", which nothing defines
          1 | Say {{ word }}.
            |        ^^^^
        used here: tasks/bad.yaml:4:20
          4 |   prompt_template: prompt_templates/bad.md
            |                    ^^^^^^^^^^^^^^^^^^^^^^^
        → did you mean "wrd"?
    `,
  },
  {
    name: 'undefined members',
    files: ai(WORD, { 'prompt_templates/bad.md': 'Say {{ word }} to {{ task.nme }}\nand {{ vars.place }}.\n' }),
    stderr: text`
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
    `,
  },
  {
    name: 'mistakes in the template language',
    files: ai(WORD, { 'prompt_templates/bad.md': '{% if %}x{% endif %}\n{{ word | shout }}\n{% for w in word %}\n' }),
    stderr: text`
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
    `,
  },
  {
    name: 'mistakes in the front matter',
    files: ai(WORD, { 'prompt_templates/bad.md': '---\nmodl: x\nvariables:\n  word: {type: text}\n---\n{{ word }}\n' }),
    stderr: text`
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
    `,
  },
  {
    name: 'values that the front matter does not allow',
    files: ai(WORD, {
      'prompt_templates/bad.md':
        '---\nvariables:\n  word: {enum: [hi, bye]}\n  times: {type: integer}\n---\n{{ word }} {{ times }}\n',
    }),
    stderr: text`
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
    `,
  },
  {
    name: 'unknown outputs, files and environment variables',
    files: ai(
      '  input_context:\n    word: {output_of: othr}\n    a: {output_of: other}\n    b: {file: notes.txt}\n    c: {file: ../notes.txt}\n    d: {env: HOME}\n',
    ),
    stderr: text`
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
    `,
  },
  {
    name: 'an output of a task without one',
    files: ai('  input_context: {word: {output_of: bad}}\n'),
    stderr: text`
      tasks/bad.yaml:5:25: error: "word" reads the output of "bad", which has no output_artifact
          5 |   input_context: {word: {output_of: bad}}
            |                         ^^^^^^^^^^^^^^^^
        → give "bad" an output_artifact
    `,
  },
];
