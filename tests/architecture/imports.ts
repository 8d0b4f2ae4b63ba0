// Finds the imports of a TypeScript text: static, type-only, dynamic, and re-exports. Text analysis only; resolves no package.
import path from 'node:path';

/** `specifier` is undefined where it is computed, so that nobody can tell what is imported. */
export type Import = { readonly specifier: string | undefined; readonly line: number };

/** An import clause holds names, braces, commas and stars only: a statement of another kind cannot be taken for one. */
const STATIC = /^\s*import\s+(?:[\w\s$,{}*]+?\s+from\s*|)(["'])(.+?)\1/gm;
const REEXPORT = /^\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+[\w$]+)?|\{[\w\s$,]*\})\s*from\s*(["'])(.+?)\1/gm;
/** A static import in a form that STATIC does not know, such as one with a comment between its names: better told than overlooked. */
const UNREADABLE = /^\s*import\s(?!(?:[\w\s$,{}*]*?\sfrom\s*)?["'])/gm;
/** Also `import('x').T` in a type. */
const DYNAMIC = /\b(?:import|require)\(\s*(?:(["'])([^"']+)\1\s*[,)])?/g;

/** The text with every comment that has a line of its own blanked out, so that lines keep their numbers. */
export function withoutComments(text: string): string {
  return text.replaceAll(/^[ \t]*(?:\/\/|\/\*|\*).*$/gm, '');
}

export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  return [STATIC, UNREADABLE, REEXPORT, DYNAMIC].flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => {
      const start = match.index + match[0].length - match[0].trimStart().length;
      return { specifier: match[2], line: code.slice(0, start).split('\n').length };
    }),
  );
}

/** The file that a relative import names; undefined for a package. Both are paths relative to the repository. */
export function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : undefined;
}
