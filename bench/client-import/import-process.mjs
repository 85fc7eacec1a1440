// Prints how many ms `import(SPECIFIER)` takes in a process that has imported nothing else: node import-process.mjs SPECIFIER
const begun = performance.now();
await import(process.argv[2]);
console.log(performance.now() - begun);
process.exit(0);
