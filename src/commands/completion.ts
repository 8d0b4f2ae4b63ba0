export const review=0 as never, show=0 as never, logs=0 as never, init=0 as never, add=0 as never, schema=0 as never, doctor=0 as never, completion=0 as never, completeWords=0 as never;
