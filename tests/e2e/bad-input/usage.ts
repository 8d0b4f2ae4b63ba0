// Commands that are typed wrongly, in a project with the one task "a", and the exact text for each.

export const WRONG_USAGE: readonly { readonly args: readonly string[]; readonly stderr: string }[] = [
  { args: ['statsu'], stderr: 'error: unknown command "statsu"\n  → did you mean "stats" or "status"?\n' },
  { args: ['statuss'], stderr: 'error: unknown command "statuss"\n  → did you mean "status"?\n' },
  {
    args: ['frobnicate'],
    stderr: 'error: unknown command "frobnicate"\n  → "orchestrate --help" shows how it is used\n',
  },
  { args: ['status', '--al'], stderr: 'error: unknown option "--al"\n  → did you mean "--all"?\n' },
  { args: ['run', '--color'], stderr: 'error: unknown option "--color"\n  → did you mean "--no-color"?\n' },
  {
    args: ['run', '--type', 'SCRIPT'],
    stderr:
      'error: option "--type <type>" argument "SCRIPT" is invalid. Allowed choices are MANUAL, AI_ASSISTED, AUTOMATED_SCRIPT.\n  → "orchestrate run --help" shows how it is used\n',
  },
  {
    args: ['--provider', 'gpt', 'status'],
    stderr:
      'error: option "--provider <name>" argument "gpt" is invalid. Allowed choices are openai, replay, paste.\n  → "orchestrate status --help" shows how it is used\n',
  },
  {
    args: ['run', '--only'],
    stderr: 'error: option "--only <ids...>" argument missing\n  → "orchestrate run --help" shows how it is used\n',
  },
  {
    args: ['retry'],
    stderr: 'error: missing required argument "id"\n  → "orchestrate retry --help" shows how it is used\n',
  },
  {
    args: ['skip', 'a', 'b'],
    stderr:
      'error: too many arguments for "skip". Expected 1 argument but got 2: a, b.\n  → "orchestrate skip --help" shows how it is used\n',
  },
  {
    args: ['review', 'a', '--accept', '--skip'],
    stderr:
      'error: option "--accept" cannot be used with option "--skip"\n  → "orchestrate review --help" shows how it is used\n',
  },
  {
    args: ['review', 'a', '--note', 'x'],
    stderr: 'error: --note goes with --accept\n  → orchestrate review a --accept --note …\n',
  },
  {
    args: ['review', 'a', '--retry'],
    stderr:
      'error: "a" is a manual step: it can be accepted, skipped, or marked as an error\n  → orchestrate review a --accept | --error TEXT | --skip\n',
  },
  {
    args: ['logs', '-n', '0'],
    stderr:
      'error: option "-n, --lines <n>" argument "0" is invalid. Give a whole number from 1.\n  → "orchestrate logs --help" shows how it is used\n',
  },
  {
    args: ['logs', '--event', 'ERROR_TAKS'],
    stderr: 'error: there is no event type "ERROR_TAKS"\n  → did you mean "ERROR_TASK"?\n',
  },
  {
    args: ['logs', '--since', 'yesterday'],
    stderr: 'error: "yesterday" is no time\n  → write 2026-01-31, an ISO time, or how long ago: 30m, 2h, 7d\n',
  },
  { args: ['logs', '--output'], stderr: 'error: --output needs the id of a task\n  → orchestrate logs ID --output\n' },
  {
    args: ['logs', '../..', '--output'],
    stderr: 'error: there is no script output of "../.."\n  → it is kept when a script runs, in logs/tasks/\n',
  },
  { args: ['next', '--force'], stderr: 'error: --force needs the id of a task\n  → orchestrate next ID --force\n' },
  {
    args: ['reset'],
    stderr: 'error: name the tasks to reset, or say --all\n  → orchestrate reset ID… | orchestrate reset --all\n',
  },
  {
    args: ['reset', 'a', '--all'],
    stderr: 'error: name the tasks to reset, or say --all\n  → orchestrate reset ID… | orchestrate reset --all\n',
  },
  {
    args: ['reset', 'a', 'b'],
    stderr: 'error: there is no task "b"\n  → "orchestrate status --all" lists the tasks\n',
  },
  { args: ['show', 'A'], stderr: 'error: there is no task "A"\n  → did you mean "a"?\n' },
  {
    args: ['run', '--until', 'deploy'],
    stderr: 'error: there is no task "deploy"\n  → "orchestrate status --all" lists the tasks\n',
  },
  {
    args: ['run', '--only', 'a', 'deploy'],
    stderr: 'error: there is no task "deploy"\n  → "orchestrate status --all" lists the tasks\n',
  },
];
