// The gateway: what it says to everybody, its certificate, and an audience that would like to keep voters out.
import { spawnSync } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import http2 from 'node:http2';
import path from 'node:path';
import { docker, inspect, run, say, until } from './docker.mjs';

/** Small enough for an engine that allows a container 20 000 files. */
export const LIMITS = { URNA_OBSERVERS: '6000', URNA_CONNECTIONS_PER_ADDRESS: '1500' };
// Each from an address of its own.
const OBSERVERS = { crowds: 5, each: 5_000, port: 8501, enough: 6_000 };
const SLOW_VOTERS = { crowds: 2, each: 5_000, port: 8000, enough: 3_000 };
const AUDIENCE_S = 20;
const ANSWERED_WITHIN_MS = 5_000;
const EMPTY_VOTE = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } };

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': /frame-ancestors 'none'/,
};

/** Headers against what browsers do by themselves; and where plain HTTP leads. */
export async function checkHeaders(ports) {
  const problems = [];
  for (const [name, port] of Object.entries(ports)) {
    if (name === 'plain') continue;
    const { headers } = await fetch(`http://127.0.0.1:${port}/`);
    for (const [header, wanted] of Object.entries(HEADERS)) {
      const value = headers.get(header) ?? '';
      if (!(wanted instanceof RegExp ? wanted.test(value) : wanted === value)) problems.push(`${name} says ${header}: ${value}`);
    }
    if (name === 'access-control' && headers.get('cache-control') !== 'no-store') problems.push('tokens may be cached');
  }
  const plain = await fetch(`http://127.0.0.1:${ports.plain}/any`, { redirect: 'manual' });
  const location = plain.headers.get('location');
  if (location !== `http://127.0.0.1:${ports['dashboard-feed']}/`) problems.push(`plain HTTP leads to ${location}`);
  return problems;
}

/** 25 000 observers, and 10 000 who never finish their request to vote, from a few addresses, while others vote. */
export async function bearAudience({ project, image, ports, env, election }) {
  const names = [];
  const come = async ({ crowds, each, port, enough }, request) => {
    const script = `trap '' PIPE; ulimit -n "$(ulimit -Hn)"
      for i in $(seq ${each}); do exec {fd}<>/dev/tcp/gateway/${port}; printf '${request}' >&$fd; [ $((i % 100)) != 0 ] || echo $i; done 2>/dev/null
      exec sleep 600`;
    const own = Array.from({ length: crowds }, (_, index) => `${project}-crowd-${port}-${index}`);
    names.push(...own);
    const start = (name) => ['run', '--detach', '--name', name, '--network', `${project}_outside`, image, 'bash', '-c', script];
    await Promise.all(own.map((name) => docker(start(name), { env })));
    // Who finds no place waits at the door, so not all of them come in.
    await until(`${enough} connections to port ${port}`, async () => {
      const logs = await Promise.all(own.map((name) => docker(['logs', '--tail', '1', name])));
      return logs.reduce((sum, text) => sum + Number(text), 0) >= enough;
    });
  };
  try {
    await come(OBSERVERS, String.raw`GET /api/elections/${election}/events HTTP/1.1\r\nHost: urna\r\n\r\n`);
    await come(SLOW_VOTERS, String.raw`POST /vote HTTP/1.1\r\nHost: urna\r\n`);
    const problems = [];
    const end = Date.now() + AUDIENCE_S * 1000;
    do {
      const [before, patience] = [Date.now(), AbortSignal.timeout(ANSWERED_WITHIN_MS)];
      const status = await fetch(`http://127.0.0.1:${ports['vote-ingest']}/vote`, { ...EMPTY_VOTE, signal: patience })
        .then((answer) => answer.status, (error) => `${error.name} after ${Date.now() - before} ms`);
      if (status !== 400) problems.push(`with the audience there, an empty vote is answered ${status}`);
    } while (problems.length === 0 && Date.now() < end);
    return problems;
  } finally {
    await Promise.all(names.map((name) => docker(['rm', '--force', name]).catch(() => {})));
  }
}

/** With a certificate: HTTP/2 by a client that checks it, and nothing for one that speaks plain HTTP. */
export async function checkCertificate(installation, ports, directory) {
  say('giving the gateway a certificate');
  const [key, certificate, both] = ['key', 'certificate', 'both'].map((name) => path.join(directory, `tls-${name}.pem`));
  const names = ['-subj', '/CN=urna', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = spawnSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', ...names,
    '-keyout', key, '-out', certificate,
  ]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')));
  await chmod(both, 0o644);
  const env = { ...installation.env, URNA_TLS_CERTIFICATE: both };
  await run('docker', ['compose', 'up', '--detach', '--no-build', '--no-deps', 'gateway'], { env, timeout_s: 120 });
  await installation.untilReady();
  const problems = [];
  const ca = await readFile(certificate);
  for (const [name, port] of Object.entries(ports)) {
    if (name === 'plain') continue;
    const answer = await until(`${name} answers over HTTPS`, () => head(port, ca).catch(() => null), 30);
    if (answer.alpn !== 'h2') problems.push(`${name} speaks ${answer.alpn}`);
    if (!answer.headers['strict-transport-security']) problems.push(`${name} does not insist on HTTPS`);
    const plain = await fetch(`http://127.0.0.1:${port}/`).then(({ status }) => status, () => 'nothing');
    if (plain !== 'nothing') problems.push(`${name} answers plain HTTP with ${plain}`);
  }
  const { headers } = await fetch(`http://127.0.0.1:${ports.plain}/`, { redirect: 'manual' });
  const location = headers.get('location');
  if (location !== `https://127.0.0.1:${ports['dashboard-feed']}/`) problems.push(`plain HTTP leads to ${location}`);
  return problems;
}

/** The head of an answer over HTTP/2. */
function head(port, ca) {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://127.0.0.1:${port}`, { ca });
    session.on('error', reject);
    const request = session.request({ ':path': '/' });
    request.on('error', reject);
    request.on('response', (headers) => {
      resolve({ headers, alpn: session.alpnProtocol });
      session.destroy();
    });
    request.end();
  });
}

/** Servers of others' have no more rights than ours. */
export async function checkRights(installation) {
  const problems = [];
  for (const one of await inspect(await installation.containers())) {
    const [service, { HostConfig, Config }] = [installation.serviceOf(one), one];
    if (String(HostConfig.CapDrop) !== 'ALL') problems.push(`${service} has capabilities`);
    // A Swarm takes no such option.
    if (installation.checkStopping && !HostConfig.SecurityOpt?.some((option) => option.startsWith('no-new-privileges'))) problems.push(`${service} may get privileges`);
    if (!HostConfig.ReadonlyRootfs && !service.startsWith('kafka')) problems.push(`${service} may write to its own files`);
    if (['', 'root', '0'].includes(Config.User)) problems.push(`${service} runs as root`);
  }
  return problems;
}
