// meson-tap FOLDER [meson test options]: runs the unit tests of a build folder and prints the TAP of all of them.
//
// Meson runs the programs and keeps what they said in meson-logs/testlog.json (testlog-postgres.json where SUTURE_TEST_STORE is set); this prints it, program after program,
// with what a failed one wrote to stderr. A program that crashed or timed out after its last result is a failure of its own.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

const [folder, ...options] = process.argv.slice(2);
const logBase = process.env.SUTURE_TEST_STORE ? 'testlog-postgres' : 'testlog'; // both run at the same time
const logFile = `${folder}/meson-logs/${logBase}.json`;

rmSync(logFile, { force: true });
const meson = spawnSync(
	'/usr/bin/meson',
	['test', '-C', folder, '--no-rebuild', '--logbase', logBase, ...options],
	{ encoding: 'utf8', maxBuffer: 1 << 28 },
);

if (meson.stdout.includes('No tests defined')) {
	console.log(`ok - unit tests in ${folder} # SKIP there are none`);
	process.exit(0);
}
if (!existsSync(logFile)) {
	console.log(`not ok - meson test in ${folder} wrote no log`);
	console.log((meson.stdout + meson.stderr).replace(/^/gm, '# '));
	process.exit(1);
}

// cmocka says "not ok ... # SKIP" of a skipped test. Meson takes that for a failure, and the program for a failed one; who ended well otherwise did not fail.
let failed = 0;
let troubles = 0; // as Meson counts them
for (const line of readFileSync(logFile, 'utf8').split('\n').filter(Boolean)) {
	const program = JSON.parse(line);
	const out = (program.stdout ?? '').replace(/^not (ok.*# *SKIP)/gim, '$1');
	const reported = /^(not ok|Bail out!)/im.test(out);
	const onlySkipped = program.result === 'FAIL' && program.returncode === 0 && out !== program.stdout && !reported;

	console.log(`# program ${program.name}, ${program.duration.toFixed(1)} s`);
	if (out)
		console.log(out.trimEnd());
	if (program.result === 'OK' || program.result === 'SKIP')
		continue;
	troubles++;
	if (onlySkipped)
		continue;
	failed++;
	if (program.stderr)
		console.log(program.stderr.trimEnd().replace(/^/gm, '# '));
	if (!/^not ok/im.test(out))
		console.log(`not ok - ${program.name} ended with ${program.result}, status ${program.returncode}`);
}
if (meson.signal || (meson.status !== 0 && troubles === 0)) {
	failed++;
	console.log(`not ok - meson test in ${folder} ended with ${meson.signal ?? meson.status}`);
	console.log(meson.stderr.replace(/^/gm, '# '));
}
process.exit(failed ? 1 : 0);
