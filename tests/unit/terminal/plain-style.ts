// No colours, so that a drawing can be compared as text.
import { createStyle } from '../../../src/terminal/style.ts';

export const PLAIN = createStyle({ isTerminal: false, noColor: true, env: {} });
