// Every line that `run --json` writes fits the schema that the program prints, and holds no field that the schema does not tell.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, test } from 'vitest';
import { createAiProject, serverVariables } from '../rig/ai-project.ts';
import { rejected, startModelServer, streamed } from '../rig/model-server.ts';
import type { Project } from '../rig/project.ts';

/** The schema with every mapping closed: what it does not tell is refused. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return copy.type === 'object' ? { ...copy, additionalProperties: false } : copy;
}

async function eventsOf(project: Project, args: readonly string[], env = {}) {
  const { stdout } = await project.run([...args, '--json'], { env });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
}

describe('the events of a run', () => {
  test('fit their schema', async ({ expect }) => {
    await using server = await startModelServer();
    await using project = await createAiProject({
      before: [
        { id: 'm', name: 'M', type: 'MANUAL' },
        { id: 's', name: 'S', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/s.yaml' },
      ],
      after: [
        { id: 'g', name: 'G', type: 'MANUAL', task_detail_file: 'tasks/g.yaml' },
        { id: 'e', name: 'E', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/e.yaml' },
        { id: 'f', name: 'F', type: 'AUTOMATED_SCRIPT', task_detail_file: 'tasks/f.yaml' },
      ],
      detail: { output_artifact: 'out.txt' },
      files: {
        'tasks/s.yaml': 'id: s\nscript_details: "true"\nexpects: [{command: "true"}]\n',
        'tasks/g.yaml': 'id: g\ngate: true\nmanual_instructions: [look]\n',
        'tasks/e.yaml': 'id: e\n',
        'tasks/f.yaml': 'id: f\nscript_details: {command: "false", retries: 1}\n',
      },
    });
    const schema = JSON.parse((await project.run(['schema', 'events'])).stdout) as unknown;
    const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(closed(schema) as object);
    server.enqueue(rejected(429, {}, { 'retry-after-ms': '1' }));
    server.enqueue(streamed('text'));
    const env = serverVariables(server);
    const events = [
      ...(await eventsOf(project, ['run', '--yes', '--until', 'draft'], env)),
      ...(await eventsOf(project, ['review', 'draft', '--accept'], env)),
      ...(await eventsOf(project, ['run', '--yes'], env)),
    ];
    for (const event of events) {
      expect([event, validate(event) ? [] : validate.errors]).toEqual([event, []]);
    }
    const seen = new Set(events.map(({ event }) => event));
    for (const name of [
      'task_started',
      'task_ended',
      'task_waits',
      'moved',
      'instructions',
      'script_started',
      'check',
      'model_call',
      'model_retry',
      'model_done',
      'stored_answer',
      'candidate',
      'problems',
      'note',
      'run_ended',
    ])
      expect(seen).toContain(name);
  });
});
