// Where an artifact may be written, links resolved (design.md §9), and what is said of its content. Writes nothing.

import { err, ok, type Result } from '../base/result.ts';
import { isForbiddenArtifact } from '../runbook/resolve.ts';
import { insideRoot, realInside } from '../system/paths.ts';
import type { Session } from './session.ts';

export type NoTarget = { readonly code: 'outside-project' | 'forbidden-artifact'; readonly message: string };

/** The absolute path to write to, or why there is none: a link that leads outside, or into a place that no task may write. */
export function artifactTarget(root: string, artifact: string): Result<string, NoTarget> {
  const target = insideRoot(root, artifact);
  const real = realInside(root, artifact);
  if (target === undefined || real === undefined)
    return err({ code: 'outside-project', message: `${artifact} leads outside the project through a link` });
  if (isForbiddenArtifact(real))
    return err({
      code: 'forbidden-artifact',
      message:
        real === artifact ? `no task may write ${artifact}` : `${artifact} leads to ${real}, which no task may write`,
    });
  return ok(target);
}

/** An artifact is written as it is, so a secret in it is said (design.md §7). */
export function warnOfSecrets(session: Session, artifact: string, content: string): void {
  const names = session.redactor.found(content);
  if (names.length === 0) return;
  session.report({
    kind: 'warning',
    message: `${artifact} holds the value of ${names.join(', ')}`,
    advice: 'take it out before you share or commit the file',
  });
}
