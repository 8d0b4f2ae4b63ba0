// What the `yaml` package makes of a text: the measure for the reader of the plain subset. Knows nothing of that reader.
import { parseDocument } from 'yaml';

/** `sound` is false where the package has an error or a warning; `data` is then absent. */
export function authority(text: string): { readonly sound: boolean; readonly data?: unknown } {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0 || document.warnings.length > 0) return { sound: false };
  try {
    return { sound: true, data: document.toJS() };
  } catch {
    // An alias without its anchor is found only here.
    return { sound: false };
  }
}
