// Secrets (design.md §7): whatever prints them, no byte that the program writes or shows holds one. Their values are random here.
import { describe, expect, test } from 'vitest';
import { createAiProject, serverVariables } from '../rig/ai-project.ts';
import { startModelServer, streamed } from '../rig/model-server.ts';
import { createProject, type Project } from '../rig/project.ts';
import { filesOf } from './kit.ts';
import { leaksIn, leaksOnDisk, random, type Secrets } from './leaks.ts';

/** Runs the commands one after the other; nothing that they show may hold a secret. Gives all of it. */
async function shownBy(
  project: Project,
  secrets: Secrets,
  { env, commands }: { env: Readonly<Record<string, string>>; commands: readonly (readonly string[])[] },
): Promise<string> {
  let all = '';
  for (const args of commands) {
    const { stdout, stderr, code } = await project.run(args, { env });
    expect(code, `${args.join(' ')}\n${stderr}`).not.toBe(70);
    for (const text of [stdout, stderr]) expect(leaksIn(text, secrets), args.join(' ')).toEqual([]);
    all += stdout + stderr;
  }
  return all;
}

describe.concurrent('a script that prints secrets', () => {
  test('plain, encoded, in pieces, and in what is said of its failure', async ({ expect }) => {
    // Quotes, slashes, plus and percent are what URLs and JSON write differently.
    const inProcess: Secrets = { DEPLOY_TOKEN: `t/${random()}+"%`, LONG_API_KEY: random(61), db_password: random() };
    const elsewhere: Secrets = {
      IN_DOTENV_SECRET: `s ${random()}`,
      RUNBOOK_KEY: random(),
      TASK_CREDENTIAL: random(),
      FILE_TOKEN: random(),
      PLAIN_NAME: random(),
    };
    const secrets = { ...inProcess, ...elsewhere };
    const given = ['.env', 'my.env', 'runbook.yaml', 'tasks/prints.yaml', 'tasks/fails.yaml', 'tasks/captures.yaml'];
    const script = [
      'echo "token $DEPLOY_TOKEN, key $LONG_API_KEY, password $db_password"',
      'echo "$RUNBOOK_KEY $TASK_CREDENTIAL $FILE_TOKEN $PLAIN_NAME" >&2',
      'cat .env',
      'for value in "$DEPLOY_TOKEN" "$LONG_API_KEY" "$RUNBOOK_KEY"; do',
      '  printf %s "$value" | base64; echo "$value" | base64',
      '  printf "user:%s@host" "$value" | base64 -w 0; echo',
      '  half=$(printf %s "$value" | cut -c1-9); rest=$(printf %s "$value" | cut -c10-)',
      '  printf %s "$half"; sleep 0.1; printf "%s\\n" "$rest"',
      '  printf %s "$half" >&2; sleep 0.1; printf "%s\\n" "$rest" >&2',
      'done',
      'node -p "encodeURIComponent(process.env.DEPLOY_TOKEN) + JSON.stringify(process.env)"',
    ];
    await using project = await createProject({
      ...filesOf(
        [
          {
            id: 'prints',
            detail: `script_details:\n  command: sh\n  args:\n    - -c\n    - |\n${script.map((line) => `      ${line}\n`).join('')}  env: {TASK_CREDENTIAL: ${secrets.TASK_CREDENTIAL}}\n  env_file: my.env`,
          },
          { id: 'fails', detail: `script_details: "exit 1 # ${secrets.RUNBOOK_KEY}"\nx-note: see below` },
          // Of the output of a check the last 4,000 characters are kept: the cut goes through the key.
          {
            id: 'checks',
            detail: `script_details: "true"\nexpects: [{command: "echo $DEPLOY_TOKEN; printf %s $LONG_API_KEY; printf '%3920s' | tr ' ' x; exit 1"}]`,
          },
          {
            id: 'captures',
            detail:
              'script_details: {command: printenv, args: [db_password], capture: stdout}\noutput_artifact: outputs/password.txt',
          },
        ],
        `secrets: [PLAIN_NAME]\nenv: {RUNBOOK_KEY: ${secrets.RUNBOOK_KEY}, PLAIN_NAME: ${secrets.PLAIN_NAME}}\n`,
      ),
      '.env': `IN_DOTENV_SECRET='${secrets.IN_DOTENV_SECRET}'\n`,
      'my.env': `FILE_TOKEN=${secrets.FILE_TOKEN}\n`,
    });
    const shown = await shownBy(project, secrets, {
      env: { ...inProcess },
      commands: [
        ['run', '--keep-going'],
        ['status'],
        ['show', 'prints'],
        ['show', 'prints', '--json'],
        ['show', 'fails'],
        ['show', 'checks', '--json'],
        ['logs'],
        ['logs', '--json'],
        ['logs', 'prints', '--output'],
        ['retry', 'fails', '--resolution', `rotated ${secrets.RUNBOOK_KEY}`],
        ['run', '--json'],
        ['done', 'fails', '--note', `was ${secrets.DEPLOY_TOKEN}`],
        ['next', secrets.LONG_API_KEY ?? ''],
        ['status', '--json'],
      ],
    });
    expect(await leaksOnDisk(project, secrets, [...given, 'outputs/password.txt'])).toEqual([]);
    for (const file of given.slice(2))
      expect((await project.read(file)).match(/rotated|was t/g) ?? [], file).toHaveLength(
        file === 'tasks/fails.yaml' ? 1 : 0,
      );
    expect(await project.read('tasks/fails.yaml')).toContain('resolution: rotated [RUNBOOK_KEY]\n');

    // What is replaced says by its name; an artifact stays as it is, and is warned of.
    for (const name of Object.keys(secrets)) expect(shown, name).toContain(`[${name}]`);
    expect(await project.read('outputs/password.txt')).toBe(`${secrets.db_password}\n`);
    expect(shown).toContain(
      'warning: outputs/password.txt holds the value of db_password\n  → take it out before you share or commit the file\n',
    );
  });

  test('names that only look like one, and short values, stay', async ({ expect }) => {
    await using project = await createProject(
      filesOf([{ id: 'a', detail: 'script_details: echo $SHORT_KEY $MONKEY $ORDINARY' }]),
    );
    const { stdout } = await project.run(['run'], {
      env: { SHORT_KEY: '1234567', MONKEY: 'capuchin-4711', ORDINARY: 'nothing-to-hide' },
    });
    expect(stdout).toBe('1234567 [MONKEY] nothing-to-hide\n');
  });
});

describe.concurrent('a problem in a file that holds a secret', () => {
  test('shows the line without it', async ({ expect }) => {
    const secrets = { RUNBOOK_KEY: random() };
    await using project = await createProject({
      'runbook.yaml': `env: {RUNBOOK_KEY: ${secrets.RUNBOOK_KEY}}\ntasks:\n  - {id: a, name: A, type: MANUAL, x: ${secrets.RUNBOOK_KEY}}\n`,
      '.env': `DOTENV_KEY=${random()}\n`,
    });
    await project.write('.env', `OTHER_KEY=${secrets.RUNBOOK_KEY}\n`);
    const shown = await shownBy(project, secrets, {
      env: {},
      commands: [['validate'], ['validate', '--json'], ['status'], ['run', '--json']],
    });
    expect(shown).toContain('x: [OTHER_KEY]}');
  });
});

describe.concurrent('a model call with secrets', () => {
  test('keeps them out of the history, the log and the detail file, wherever a text is cut', async ({ expect }) => {
    await using server = await startModelServer();
    const secrets: Secrets = { MY_TOKEN: random(20), OTHER_SECRET: `q"${random()}` };
    // `last_run` and the log keep the first 200 characters: the cut goes through a secret.
    const prompt = `${'p'.repeat(170)}{{ token }} and {{ other }}\n`;
    const answer = `${'a'.repeat(165)}${secrets.MY_TOKEN} ${secrets.OTHER_SECRET} end`;
    server.enqueue(streamed([answer.slice(0, 175), answer.slice(175, 180), answer.slice(180)]));
    await using project = await createAiProject({
      ai: { env_allow: ['MY_TOKEN', 'OTHER_SECRET'], allow_secrets: ['MY_TOKEN', 'OTHER_SECRET'] },
      detail: { output_artifact: 'outputs/text.md' },
      details: { auto_accept: true, input_context: { token: { env: 'MY_TOKEN' }, other: { env: 'OTHER_SECRET' } } },
      files: { 'prompt_templates/draft.md': prompt, '.env': `OTHER_SECRET='${secrets.OTHER_SECRET}'\n` },
    });
    const env = { ...serverVariables(server), MY_TOKEN: secrets.MY_TOKEN ?? '' } as Record<string, string>;
    const shown = await shownBy(project, secrets, {
      env,
      commands: [['run'], ['show', 'draft'], ['show', 'draft', '--json'], ['logs', '--json'], ['status', '--json']],
    });
    expect(server.requests[0]?.body.messages.at(-1)?.content).toContain(secrets.MY_TOKEN);
    expect(await leaksOnDisk(project, secrets, ['.env', 'outputs/text.md'])).toEqual([]);
    expect(await project.read('outputs/text.md')).toBe(`${answer}\n`);
    expect(shown).toContain('outputs/text.md holds the value of MY_TOKEN, OTHER_SECRET');
  });
});
