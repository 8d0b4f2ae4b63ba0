// An answer takes the place of a file that a person wrote, and a command of `expects` refuses it there: the program is hit on the way. Whatever
// happens, the next start leaves the file as it was. Knows no test runner.
import path from 'node:path';
import { createAiProject, serverVariables, statusOf } from '../ai-project.ts';
import { startModelServer, streamed } from '../model-server.ts';
import { saneEnd } from './ends.ts';
import { inspect } from './invariants.ts';
import { type Fault, faultVariables, type Operation, readTrace } from './shim.ts';
import { NEUTRAL, NEUTRAL_CODE } from './situations.ts';

const ARTIFACT = 'outputs/draft.md';
const FORMER = 'precious, without a final newline';

type Tried = { readonly violations: string[]; readonly operations: readonly Operation[] };

async function attempt(fault: Fault): Promise<Tried> {
  await using server = await startModelServer();
  await using project = await createAiProject({
    detail: { output_artifact: ARTIFACT, expects: [{ command: `! grep -q answer ${ARTIFACT}` }] },
    details: { auto_accept: true, max_attempts: 1 },
    files: { [ARTIFACT]: FORMER },
    after: [{ id: 'apart', name: 'Apart', type: 'MANUAL' }],
  });
  server.answerWith(() => streamed('The answer.'));
  const trace = path.join(project.home, 'trace');
  const hit = await project.run(['next', 'draft'], {
    env: { ...serverVariables(server), ...faultVariables(project.dir, fault, trace) },
  });
  const next = await project.run(NEUTRAL, { env: serverVariables(server) });
  const now = await project.read(ARTIFACT);
  const names = await project.list();
  const violations = [
    ...saneEnd(fault, hit),
    ...(next.code === NEUTRAL_CODE ? [] : [`the next start ended with ${next.code}: ${next.stderr.slice(-400)}`]),
    ...(now === FORMER ? [] : [`${ARTIFACT} holds ${JSON.stringify(now)}`]),
    ...((await statusOf(project)) === 'DONE' ? ['the task is DONE'] : []),
    ...names.filter((name) => name.startsWith('.orchestrate/former')).map((name) => `${name} was left`),
    ...(await inspect(project)).violations,
  ];
  return { violations, operations: readTrace(trace) };
}

/** What is done to the artifact, and to what is kept of it, in a run that nobody disturbs. */
export async function rehearseArtifact(): Promise<readonly Operation[]> {
  const { violations, operations } = await attempt({ at: 0, action: 'kill' });
  if (violations.length > 0) throw new Error(`it holds not even without a fault: ${violations.join('; ')}`);
  return operations.filter(({ file }) => /^\/(outputs|\.orchestrate\/former)\b/.test(file));
}

export async function tryArtifact(fault: Fault): Promise<string[]> {
  return (await attempt(fault)).violations;
}
