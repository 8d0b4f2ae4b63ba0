#!/usr/bin/env node
// Starts the program; tells a Node that is too old so. Written in syntax that old versions can read.
'use strict';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `orchestrate needs Node 22.18 or newer; this is ${process.version}. In a checkout "npx orchestrate" brings its own.\n`,
  );
  process.exitCode = 2;
} else {
  void require('./start.js').start(require('node:path').resolve(__dirname, '../dist'));
}
