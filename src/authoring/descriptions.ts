// What editors show for each key of the files that people write. Keyed by kind and path; `[]` is an item of a list, `*` a key of the
// person's own. Knows nothing of shapes: a test finds every path in them.

export type SchemaKind = 'runbook' | 'task' | 'template' | 'recording' | 'models' | 'quickies';

export type Description = { readonly title?: string; readonly text: string };

const DURATION = 'Seconds, or a duration such as 90s, 5m, 1h.';

/** Keys that an entry and `defaults` share. */
const ENTRY_OPTIONS: Record<string, string> = {
  depends_on: 'Ids of the tasks that must be DONE before this one becomes READY. Default: none.',
  task_detail_file:
    'The file that says what the task consists of, relative to the project. Only MANUAL tasks can do without.',
  phase: 'A group title; "orchestrate status" sums up by it.',
  allow_skipped: 'SKIPPED dependencies count as DONE for this task. Default: false.',
  hold: 'The task never becomes READY by itself. Default: false.',
  resources:
    'What the task needs while it is at work, such as [database], or {licence: 2}: with "run -j N", tasks that together need more than there is wait for each other.',
  exclusive: 'With "run -j N", nothing else is at work beside this task. Default: false.',
  when: 'The task is SKIPPED unless this holds at its turn: vars.NAME or outputs.TASK_ID.KEY, "==" or "!=", and a text, such as vars.env == "prod".',
};

/** Keys that a detail file and `defaults` share. */
const DETAIL_OPTIONS: Record<string, string> = {
  description: 'What the task is for, for people. Templates see it as {{ task.description }}.',
  output_artifact: 'The file that the task brings about, relative to the project. No two tasks share one.',
  expects: 'What must hold before the task is DONE.',
  'expects[].file': 'A file of the project that must exist and not be empty.',
  'expects[].matches': 'A regular expression that the content of the file must match.',
  'expects[].json': 'The content of the file must be JSON.',
  'expects[].schema': 'A JSON Schema file that the content of the file must fit.',
  'expects[].command': 'A shell command, run from the project folder, that must end with exit code 0.',
  manual_instructions: 'MANUAL: what the person has to do, as text or as a list of steps.',
  gate: 'MANUAL: true for a step that --yes never confirms. Default: false.',
  'ai_details.model': 'The model to ask. Default: the one of the template, then "ai: model" of runbook.yaml.',
  'ai_details.quickie':
    'A quickie template of config/quickie_templates.yaml, in place of prompt_template; input_context gives its inputs.',
  'ai_details.prompt_template': 'The template of the prompt (Liquid), relative to the project.',
  'ai_details.input_context':
    'Values for the template. {file: PATH}, {output_of: TASK_ID}, {output_of: TASK_ID, key: KEY} and {env: NAME} are read when the prompt is sent; env only for names under "ai: env_allow".',
  'ai_details.system_prompt': 'The system message. Default: "system" of the template.',
  'ai_details.output_parser':
    'What of the answer becomes the artifact: text, json, yaml, code_block, or <language>_code_block such as python_code_block.',
  'ai_details.output_schema': 'A JSON Schema that the answer must fit; it is sent with the request.',
  'ai_details.review_points': 'What the person who reviews the answer should look at.',
  'ai_details.fallback_prompt_template':
    'The template of a further attempt. It may use {{ previous_output }} and {{ failure }}.',
  'ai_details.max_attempts': 'How often the model is asked before the task fails. Default: 2.',
  'ai_details.auto_accept': 'Accept an answer whose checks hold without a review. Default: false.',
  'ai_details.temperature': 'Sampling temperature, sent with the request.',
  'ai_details.max_tokens': 'The longest answer, in tokens, sent with the request.',
  'script_details.command': 'The program to run, without a shell.',
  'script_details.args': 'Its arguments; each reaches the program as it is.',
  'script_details.cwd': 'The folder to run it in, relative to the project. Default: the project folder.',
  'script_details.env': 'Further environment variables.',
  'script_details.env_file': 'A file of environment variables, such as .env, for this script.',
  'script_details.timeout': `How long it may run. ${DURATION}`,
  'script_details.retries': 'How often it is started again after a failure. Default: 0.',
  'script_details.retry_delay': `The wait before it is started again. ${DURATION}`,
  'script_details.success_exit_codes': 'Exit codes that mean success. Default: [0].',
  'script_details.stdin': 'none, or inherit for a script that talks to the person at the terminal. Default: none.',
  'script_details.capture': 'stdout: what the script prints becomes the output_artifact.',
};

const DETAIL_TITLES: Record<string, Description> = {
  'expects[]': { title: 'A check', text: 'Either a file and what must hold for it, or a command.' },
  ai_details: { title: 'AI_ASSISTED', text: 'What is asked of the model, and what becomes of its answer.' },
  script_details: {
    title: 'AUTOMATED_SCRIPT',
    text: 'A line for "sh -c", run from the project folder; or a mapping with a command and its options.',
  },
};

const STATUS =
  'PENDING waits for its dependencies, READY can be started, RUNNING is being worked on, DONE, ERROR, or SKIPPED. Yours to change: ERROR to READY retries it. Default: PENDING.';
const ID =
  'Letters, digits, "_", "." and "-", at most 100. Unique in the runbook, also when case and punctuation are ignored.';

function plain(texts: Readonly<Record<string, string>>): Record<string, Description> {
  return Object.fromEntries(Object.entries(texts).map(([path, text]) => [path, { text }]));
}

function below(prefix: string, notes: Readonly<Record<string, Description>>): Record<string, Description> {
  return Object.fromEntries(Object.entries(notes).map(([path, note]) => [`${prefix}.${path}`, note]));
}

const runbook: Record<string, Description> = {
  '': { title: 'Runbook', text: 'The tasks of a project: their order, what they rest on, and how far each has come.' },
  ...plain({
    name: 'What the project is called.',
    vars: 'Values for every template, as {{ vars.NAME }}, and for "when". --var NAME=VALUE gives another for one command.',
    env: 'Environment variables for every script.',
    'on.error': 'When a task is in ERROR.',
    'on.waiting': 'When tasks wait for a person.',
    'on.done': 'When all in scope is DONE or SKIPPED.',
    resources: 'How much there is of each named resource; 1 of what is not named here.',
    secrets: 'Names of further environment variables whose values are never shown or logged.',
    'ai.provider':
      'Who answers prompts: openai (any compatible server), replay (the recordings), paste (you, from any chat window). Default: openai where a key is set, else a recording that fits, else paste.',
    'ai.model': 'The model for tasks and templates that name none.',
    'ai.base_url': 'The server, where it is not api.openai.com. OPENAI_BASE_URL wins over it.',
    'ai.budget_usd':
      'The most that model calls may cost, in US dollars: a number for one run, or a mapping with call, run and day. The worst case of a call must fit before it is sent.',
    'ai.budget_usd.call': 'For one call.',
    'ai.budget_usd.run': 'For all calls of one run.',
    'ai.budget_usd.day': 'For all calls of one day, by the clock of this machine.',
    'ai.timeout': 'How long a model call may take, with retries and their waits. Default: 30m.',
    'ai.idle_timeout': 'The longest silence of a server in the middle of an answer. Default: 2m.',
    'ai.first_token_timeout':
      'The longest wait for an answer to begin. Default: idle_timeout where it is set, else 5m.',
    'ai.allow_secrets': 'Names of secrets that a prompt may hold. A prompt with any other is not sent.',
    'ai.confirm_send': 'Show what a request may cost and ask before it is sent. Default: false.',
    'ai.env_allow': 'Environment variables that an input_context may read.',
    'tasks[].id': ID,
    'tasks[].name': 'What the task is called.',
    'tasks[].status': STATUS,
    'tasks[].type':
      'MANUAL: a person does it. AI_ASSISTED: a model writes and a person reviews. AUTOMATED_SCRIPT: a command.',
  }),
  on: {
    title: 'Hooks',
    text: 'Shell lines that are run when a run has ended, by how it did. They change nothing about it.',
  },
  ai: { title: 'Models', text: 'Who answers prompts, and under which conditions.' },
  defaults: {
    title: 'Defaults',
    text: 'Optional keys of entries and detail files, for every task that does not give its own.',
  },
  tasks: { title: 'Tasks', text: 'The tasks in order: the first that is READY is the next one.' },
  'tasks[]': { title: 'A task', text: 'One entry. What the task consists of is in its detail file.' },
  ...below('tasks[]', plain(ENTRY_OPTIONS)),
  ...below('defaults', { ...plain(ENTRY_OPTIONS), ...plain(DETAIL_OPTIONS), ...DETAIL_TITLES }),
};

const task: Record<string, Description> = {
  '': { title: 'Task', text: 'What one task of the runbook consists of.' },
  ...plain({
    id: 'The id of the task in runbook.yaml.',
    name: 'What the task is called. Default: the name in runbook.yaml.',
    status: STATUS,
    type: 'The type of the task in runbook.yaml.',
    last_run: 'Written by orchestrate: how the last run went.',
    issues: 'Written by orchestrate: what went wrong. When you mend the cause, write what you did into "resolution".',
    'last_run.timestamp': 'When it ended (ISO 8601, UTC).',
    'last_run.outcome': 'SUCCESS or FAILURE.',
    'last_run.llm_response': 'The beginning of the answer; all of it is in the history.',
    'last_run.cost_estimate': 'What the call cost, in US dollars; empty where that is unknown.',
    'last_run.attempts': 'How often it was tried.',
    'last_run.duration_ms': 'How long it took, in milliseconds.',
    'last_run.exit_code': 'How the script ended.',
    'last_run.outputs': 'What the script wrote to $ORCHESTRATE_OUTPUT, for later tasks.',
    'issues[].timestamp': 'When it happened (ISO 8601, UTC).',
    'issues[].type': 'GENERATION_ERROR, VALIDATION_FAIL, MANUAL_BLOCKER, SCRIPT_ERROR or INTERRUPTED.',
    'issues[].detail': 'What happened.',
    'issues[].resolution': 'What was done about it; empty while the issue is open.',
  }),
  ...plain(DETAIL_OPTIONS),
  ...DETAIL_TITLES,
};

const template: Record<string, Description> = {
  '': { title: 'Prompt template', text: 'The YAML block between the two --- lines at the head of a template.' },
  ...plain({
    description: 'What the template is for, for people.',
    model: 'The model to ask, for tasks that name none.',
    system: 'The system message, for tasks that give no system_prompt.',
    variables: 'The variables that the template uses.',
    'variables.*.type': 'What the value must be.',
    'variables.*.required': 'Whether a value must be given. Default: true, where there is no default.',
    'variables.*.default': 'The value where none is given.',
    'variables.*.enum': 'The values that are allowed.',
    'variables.*.description': 'What the variable is, for people.',
    'config.temperature': 'Sampling temperature, for tasks that give none.',
    'config.max_tokens': 'The longest answer, in tokens, for tasks that do not say.',
  }),
  'variables.*': { title: 'A variable', text: 'What its value must be; empty where anything will do.' },
  config: { title: 'Settings', text: 'Settings that are sent with the request.' },
};

const recording: Record<string, Description> = {
  '': {
    title: 'Recording',
    text: 'One request to a model and its answer. The provider "replay" gives this answer to this request.',
  },
  ...plain({
    'request.model': 'The model that was asked.',
    'request.temperature': 'Sampling temperature. Requests that differ only here count as the same.',
    'request.max_tokens': 'The longest answer, in tokens. Requests that differ only here count as the same.',
    'request.messages[].role': 'Who says it.',
    'request.messages[].content':
      'The text, or a list of texts and images. Blanks at the ends of lines do not count when requests are compared.',
    'request.messages[].content[].type': 'Text, or an image.',
    'request.messages[].content[].text': 'The text.',
    'request.messages[].content[].image_url.url': 'The image: its data URL, or "sha256:" and the hash of that.',
    'request.stop': 'Texts before which the answer ends. Requests that differ only here count as the same.',
    'request.response_schema.name': 'The name of the schema.',
    'request.response_schema.schema': 'The schema itself.',
    'request.response_schema.strict': 'Whether the server was asked to enforce it.',
    'answer.text': 'The whole answer.',
    'answer.finish_reason': 'How the answer ended, by the account of the server. Default: stop.',
    'answer.model': 'The model that answered, by its own account.',
    'answer.usage.prompt_tokens': 'Tokens of the request, cached ones included.',
    'answer.usage.cached_tokens': 'Tokens of the request that came from a cache.',
    'answer.usage.completion_tokens': 'Tokens of the answer.',
    note: 'Anything you want to say about the recording.',
  }),
  request: { title: 'Request', text: 'What was asked.' },
  'request.messages': { title: 'Messages', text: 'The conversation that was sent.' },
  'request.messages[].content[]': { title: 'A part', text: 'A text or an image of the message.' },
  'request.messages[].content[].image_url': { title: 'An image', text: 'An image of the message.' },
  'request.messages[]': { title: 'A message', text: 'One message of the conversation.' },
  'request.response_schema': { title: 'Schema', text: 'The JSON Schema that was sent with the request.' },
  answer: { title: 'Answer', text: 'What came back.' },
  'answer.usage': { title: 'Tokens', text: 'Token counts as the server reported them.' },
};

const models: Record<string, Description> = {
  '': { title: 'Models', text: 'Short names for models, and what they cost.' },
  aliases: {
    title: 'Aliases',
    text: 'Name → model, or another alias. Names that begin with "default:" are aliases only.',
  },
  prices: { title: 'Prices', text: 'Model → price, in US dollars per million tokens. They win over the public list.' },
  'prices.*': { title: 'A price', text: 'In US dollars per million tokens.' },
  ...plain({
    'aliases.*': 'The model that the name stands for.',
    'prices.*.input': 'For tokens of the prompt.',
    'prices.*.cached': 'For tokens of the prompt that the server had cached. Default: input.',
    'prices.*.output': 'For tokens of the answer.',
  }),
};

const quickies: Record<string, Description> = {
  '': { title: 'Quickie templates', text: 'Named prompts with inputs: orchestrate quickie run NAME.' },
  quickie_templates: { title: 'Templates', text: 'Name → template.' },
  'quickie_templates.*': {
    title: 'A quickie template',
    text: 'One prompt: what it asks, with which inputs, for which answer.',
  },
  'quickie_templates.*.input_schema': {
    title: 'Inputs',
    text: 'Name → what the input must be. The prompt uses it as {{ name }}.',
  },
  'quickie_templates.*.input_schema.*': { title: 'An input', text: 'What its value must be.' },
  'quickie_templates.*.output_schema': {
    title: 'Outputs',
    text: 'Name → what of the answer it is. With one output, just its value is printed.',
  },
  'quickie_templates.*.output_schema.*': { title: 'An output', text: 'A part of the answer, which then is JSON.' },
  'quickie_templates.*.config': { title: 'Settings', text: 'Settings that are sent with the request.' },
  'quickie_templates.*.examples': {
    title: 'Examples',
    text: 'Inputs and good answers to them, sent before the question.',
  },
  'quickie_templates.*.examples[]': { title: 'An example', text: 'Inputs, and the answer that they should get.' },
  ...plain({
    'quickie_templates.*.description': 'What the template is for, for people.',
    'quickie_templates.*.model': 'The model or alias to ask. Default: the model of the project.',
    'quickie_templates.*.prompt':
      'The prompt (Liquid), or @path.md for a file in prompt_templates/. A text that begins with an @: @@.',
    'quickie_templates.*.input_schema.*.type': 'What the value must be; a blob is a file, of text or an image.',
    'quickie_templates.*.input_schema.*.description': 'What the input is, for people.',
    'quickie_templates.*.input_schema.*.required':
      'Whether it must be given. Default: true, where there is no default.',
    'quickie_templates.*.input_schema.*.default': 'The value where none is given.',
    'quickie_templates.*.input_schema.*.enum': 'The values that are allowed.',
    'quickie_templates.*.output_schema.*.type': 'What the value must be.',
    'quickie_templates.*.output_schema.*.description': 'What the value is; it is sent to the model.',
    'quickie_templates.*.output_schema.*.enum': 'The values that are allowed.',
    'quickie_templates.*.config.temperature': 'Sampling temperature. Default: 0.7.',
    'quickie_templates.*.config.max_tokens': 'The longest answer, in tokens.',
    'quickie_templates.*.config.format':
      'What the answer is: json, text or markdown. Default: json with an output_schema, otherwise text.',
    'quickie_templates.*.config.stop_sequences': 'Texts before which the answer ends.',
    'quickie_templates.*.examples[].input': 'Name → value.',
    'quickie_templates.*.examples[].output': 'The answer: name → value, or a text.',
  }),
};

export const DESCRIPTIONS: Readonly<Record<SchemaKind, Readonly<Record<string, Description>>>> = {
  runbook,
  task,
  template,
  recording,
  models,
  quickies,
};
