// Prints vitest's own figures from its JSON report as one line: "512 passed, 0 failed", with what was skipped if anything was.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const skipped = report.numPendingTests + report.numTodoTests;
const line = `${report.numPassedTests} passed, ${report.numFailedTests} failed`;
process.stdout.write(skipped > 0 ? `${line}, ${skipped} skipped\n` : `${line}\n`);
