// The stored answer of an AI task that nobody has reviewed yet, and whether it still answers the question. Makes no call.

import type { CallStore, StoredCall } from '../../../history/calls.ts';
import { type PrepareInput, prepareRequest } from './prepare.ts';

/** `fits`: it was given to the very question that would be asked now (design.md §3), the first one or the retry that it was. */
type Found = { readonly stored: StoredCall; readonly fits: boolean };

/** Undefined where there is no complete answer, or the newest was reviewed. */
export async function findStored(calls: CallStore, input: Omit<PrepareInput, 'retry'>): Promise<Found | undefined> {
  const stored = calls.latest(input.task.id);
  if (stored === undefined || stored.review !== null) return undefined;
  const prepared = await prepareRequest({ ...input, ...(stored.retry ? { retry: stored.retry } : {}) });
  return { stored, fits: prepared.ok && prepared.value.requestHash === stored.requestHash };
}
