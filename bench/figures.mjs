// What the benchmarks do with the figures that they took. Measures nothing.

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** To two places. */
export function rounded(number) {
  return Math.round(number * 100) / 100;
}
