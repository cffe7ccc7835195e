// Calling Docker.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Runs a program in the checkout and returns its output. Fails with its last lines if its status is not 0. */
export async function run(program, args, { input, env, timeout_s = 120 } = {}) {
  const { status, stdout, stderr } = await attempt(program, args, { input, env, timeout_s });
  if (status !== 0) {
    const last = (stderr || stdout).trim().split('\n').slice(-8).join('\n');
    throw new Error(`${program} ${args.join(' ')}: status ${status}\n${last}`);
  }
  return stdout;
}

/** The same, with any status. */
export function attempt(program, args, { input = '', env = {}, timeout_s = 120 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: root, env: { ...process.env, ...env } });
    const overdue = setTimeout(() => child.kill('SIGKILL'), timeout_s * 1000);
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(overdue);
      resolve({ status: status ?? signal, stdout, stderr });
    });
    // A program that does not read all of its input has ended.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export const docker = (args, options) => run('docker', args, options);

export const lines = (text) => text.split('\n').filter((line) => line !== '');

/** What Docker knows about containers. */
export async function inspect(containers) {
  return containers.length === 0 ? [] : JSON.parse(await docker(['inspect', ...containers]));
}

/** Retries until the answer is not false; fails after the timeout, saying what it was waiting for. */
export async function until(what, ask, timeout_s = 120) {
  const deadline = Date.now() + timeout_s * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeout_s} s for this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

export const isReady = ({ State }) => State.Running && (State.Health?.Status ?? 'healthy') === 'healthy';

let started;
export function say(text) {
  started ??= Date.now();
  console.error(`${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s  ${text}`);
}
