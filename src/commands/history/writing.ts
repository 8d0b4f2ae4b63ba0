// What every history command that changes something begins with.

import type { App } from '../../app.ts';
import type { Failure } from '../../base/failure.ts';
import type { Result } from '../../base/result.ts';
import type { HistoryWriter } from '../../history/writer.ts';
import { openPlace, type Place } from './open.ts';

/** What `use` gives for the history, which is closed afterwards. Undefined where there is none. */
export async function withWriter<T>(
  app: App,
  use: (writer: HistoryWriter | undefined, place: Place) => Promise<Result<T, Failure>> | Result<T, Failure>,
): Promise<Result<T, Failure>> {
  const place = await openPlace(app);
  if (!place.ok) return place;
  const { openWriter } = await import('../../history/writer.ts');
  const writer = openWriter(place.value.root);
  if (!writer.ok) return writer;
  try {
    return await use(writer.value, place.value);
  } finally {
    writer.value?.close();
  }
}
