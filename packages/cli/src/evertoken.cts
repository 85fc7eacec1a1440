#!/usr/bin/env node
// The size of Node's thread pool, four threads on whatever machine. The pool is there as soon as a module is imported, so it is said before, and that takes CommonJS.
const { availableParallelism } = process.getBuiltinModule('node:os');
if (process.argv[2] === 'tenant' && process.argv[3] === 'start') {
  // A tenant signs on it: with fewer cores than threads they take turns with what answers, with more some cores stand still.
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(2, availableParallelism()));
} else if (process.argv[2] === 'start') {
  // An agent looks names up on half of it: a name that no server answers holds a thread for seconds, and there may be several.
  process.env['UV_THREADPOOL_SIZE'] ??= '16';
}
void import('./bin.ts');
