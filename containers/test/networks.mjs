// Who can reach which server: only those that need it.
import { attempt, docker, inspect } from './docker.mjs';

// A request of each protocol, in `printf` notation, and the first byte of the answer. Some networks accept every
// connection: what counts is that the server itself answers.
const KAFKA = { port: 9092, asks: String.raw`\0\0\0\x0a\0\x12\0\0\0\0\0\x01\xff\xff`, hears: '00' };
const REDIS = { port: 6379, asks: String.raw`PING\r\n`, hears: '2b' };
const POSTGRESQL = { port: 5432, asks: String.raw`\0\0\0\x08\x04\xd2\x16\x2f`, hears: '4e' };

const SERVERS = {
  'kafka-1': { ...KAFKA, users: ['vote-ingest', 'ballot-station', 'election-admin', 'tally-stream', 'access-control'] },
  redis: { ...REDIS, users: ['vote-ingest', 'tally-stream', 'dashboard-feed'] },
  'accounts-database': { ...POSTGRESQL, users: ['access-control'] },
  'election-database': { ...POSTGRESQL, users: ['election-admin', 'tally-stream'] },
  'roll-database': { ...POSTGRESQL, users: [] },
};
const PUBLISHED = [8000, 8501, 5000, 5001, 5002, 8080];

/** Tries every connection, by name and by address. Returns the number of each kind, and the errors. */
export async function checkNetworks(installation, services) {
  const targets = [];
  for (const [server, protocol] of Object.entries(SERVERS)) {
    const [{ NetworkSettings }] = await inspect((await installation.containers(server)).slice(0, 1));
    const addresses = Object.values(NetworkSettings.Networks).map((network) => network.IPAddress);
    for (const host of [server, ...addresses]) targets.push({ server, host, ...protocol });
  }
  const [problems, count] = [[], { allowed: 0, forbidden: 0 }];
  for (const service of services) {
    const [container] = await installation.containers(service);
    const reached = await connect(container, targets);
    for (const [index, { server, host, users }] of targets.entries()) {
      const allowed = users.includes(service);
      // A service must not use the addresses that a server has on other networks.
      if (allowed && host !== server) continue;
      count[allowed ? 'allowed' : 'forbidden'] += 1;
      if (reached[index] !== allowed) {
        problems.push(`${service} ${reached[index] ? 'reaches' : 'does not reach'} ${server} (${host})`);
      }
    }
    if (service !== 'gateway' && (await hasWayOut(container))) problems.push(`${service} can reach the outside`);
  }
  return { ...count, problems };
}

/** Connects to all at the same time, because dropped packets only time out. */
async function connect(container, targets) {
  const attempts = targets.map(({ host, port, asks, hears }, index) => {
    const ask = `exec 3<>/dev/tcp/${host}/${port} && printf "${asks}" >&3 && head -c 1 <&3 | od -An -tx1`;
    return `([ "$(timeout 5 bash -c '${ask}' 2>/dev/null)" = " ${hears}" ] && echo ${index}) &`;
  });
  const script = `${attempts.join('\n')}\nwait`;
  const { stdout } = await attempt('docker', ['exec', container, 'bash', '-c', script]);
  const reached = new Set(stdout.split('\n'));
  return targets.map((_, index) => reached.has(String(index)));
}

/** Whether it is on a network that leads out. */
async function hasWayOut(container) {
  const [{ NetworkSettings }] = await inspect([container]);
  const networks = Object.values(NetworkSettings.Networks).map(({ NetworkID }) => NetworkID);
  const internal = await docker(['network', 'inspect', '--format', '{{.Internal}}', ...networks]);
  return internal.includes('false');
}

/** Only the gateway is published, with six ports. */
export async function checkPorts(installation) {
  const problems = [];
  for (const container of await inspect(await installation.containers())) {
    const service = installation.serviceOf(container);
    const ports = Object.entries(container.NetworkSettings.Ports ?? {}).filter(([, published]) => published);
    const numbers = ports.map(([port]) => Number.parseInt(port, 10)).sort((one, other) => one - other);
    const expected = service === 'gateway' ? [...PUBLISHED].sort((one, other) => one - other) : [];
    if (String(numbers) !== String(expected)) problems.push(`${service} publishes ${numbers}`);
    const bound = new Set(ports.flatMap(([, published]) => published.map(({ HostIp }) => HostIp)));
    const wrong = installation.bind && [...bound].filter((address) => address !== installation.bind);
    if (wrong?.length > 0) problems.push(`${service} is published on ${wrong}`);
  }
  return problems;
}
