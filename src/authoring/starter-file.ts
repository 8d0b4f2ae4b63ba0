// A file that `init` writes. A type alone.

export type StarterFile = { readonly file: string; readonly text: string };
