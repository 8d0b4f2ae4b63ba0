// From a model's answer to what is written to the artifact (design.md §5). Pure; tolerant of how it is wrapped, strict about what it means.
import { err, ok, type Result } from '../base/result.ts';
import { type Block, findBlocks, languageName } from './fences.ts';
import { readJson } from './json-text.ts';
import { isOutputParser, type Parsed, type ParseProblem, readWhole } from './parser-names.ts';
import { readYaml } from './yaml-text.ts';

/**
 * Reads an answer by the parser of that name. `text` is the answer as it is; `json` and `yaml` are the source as the
 * model wrote it, not formatted anew; a code block is what stands between its fences.
 */
export function parseOutput(kind: string, answer: string): Result<Parsed, ParseProblem> {
  if (!isOutputParser(kind)) return err({ message: `there is no output parser \`${kind}\`` });
  if (kind === 'text') return readWhole(answer);
  if (kind === 'json') return readJson(answer);
  if (kind === 'yaml') return readYaml(answer);
  const language = kind === 'code_block' ? null : languageName(kind.slice(0, -'_code_block'.length));
  return readCodeBlock(language, answer);
}

/**
 * The one block of the language. Where none is of it, the only block of the answer. Several blocks of the language are
 * an error, because neither the first nor the longest is surely the one that was asked for; equal ones count as one.
 */
function readCodeBlock(language: string | null, answer: string): Result<Parsed, ParseProblem> {
  const { blocks, unclosedAt } = findBlocks(answer);
  if (unclosedAt !== null) {
    return err({
      message: `the code block opened at line ${unclosedAt} is never closed: the answer was cut, or the block holds a fence like its own`,
    });
  }
  if (blocks.length === 0) return err({ message: 'the answer has no code block' });
  const fitting = language === null ? blocks : blocks.filter((block) => block.language === language);
  if (fitting.length > 0) return onlyBlock(fitting, language);
  const [only] = blocks;
  if (only === undefined || blocks.length > 1) {
    return err({
      message: `none of the ${blocks.length} code blocks of the answer is ${language ?? ''} (they are ${labels(blocks)})`,
    });
  }
  const marked = only.label === '' ? 'names no language' : `is marked ${only.label}`;
  return taken(only, [`took the only code block, which ${marked}, for ${language ?? 'code'}`]);
}

function onlyBlock(blocks: readonly Block[], language: string | null): Result<Parsed, ParseProblem> {
  const [first] = blocks;
  if (first === undefined || new Set(blocks.map(({ content }) => content)).size > 1) {
    const what =
      language === null
        ? `${blocks.length} code blocks (${labels(blocks)})`
        : `${blocks.length} code blocks of ${language}`;
    return err({ message: `the answer has ${what}; one is wanted` });
  }
  return taken(first, blocks.length > 1 ? [`the answer has the same code block ${blocks.length} times`] : []);
}

function labels(blocks: readonly Block[]): string {
  return blocks.map(({ label }) => (label === '' ? 'without a language' : label)).join(', ');
}

function taken(block: Block, notes: string[]): Result<Parsed, ParseProblem> {
  return block.content.trim() === ''
    ? err({ message: `the code block at line ${block.line} is empty` })
    : ok({ content: block.content, notes });
}
