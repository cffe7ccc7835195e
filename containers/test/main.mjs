// The test, from the first line to the last.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { Compose } from './compose.mjs';
import { attempt, docker, inspect, root, say } from './docker.mjs';
import { Crowd, Desks } from './election.mjs';
import { checkNetworks, checkPorts } from './networks.mjs';
import { Steps } from './steps.mjs';
import { LIMITS, bearAudience, checkCertificate, checkHeaders, checkRights } from './gateway.mjs';
import { Swarm } from './swarm.mjs';

const SERVICES = [
  'vote-ingest', 'ballot-station', 'tally-stream', 'dashboard-feed', 'access-control', 'election-admin', 'gateway',
];
const SECRETS = ['admin_password', 'accounts_database_password', 'election_database_password', 'roll_database_password'];
const RATE = 400;
const LONGEST_VOTING_S = 1200;
const LARGEST_IMAGE_MB = 200;
/** Servers that are down for a minute each: none of our containers may be stopped because of it. */
const SERVERS_AWAY = ['election-database', 'redis'];
const AWAY_S = 60;

/** Runs it; returns the exit status. */
export async function runTest(args) {
  if (args.some((argument) => argument !== '--swarm')) {
    console.error('usage: script/test-containers [--swarm]');
    return 2;
  }
  const swarm = args.includes('--swarm');
  if (!(await hasEngine())) {
    console.error('test-containers: no Docker engine with Compose answers: start one, or point DOCKER_HOST at one');
    return 1;
  }
  const test = await Test.prepare(swarm);
  try {
    await test.go();
  } catch (error) {
    test.problems.push(error.message);
    await test.keepLogs();
  } finally {
    await test.tidy().catch((error) => test.problems.push(`tearing down: ${error.message}`));
  }
  const ok = test.problems.length === 0;
  console.log(JSON.stringify({ ok, mode: swarm ? 'swarm' : 'compose', ...test.figures, problems: test.problems }));
  return ok ? 0 : 1;
}

async function hasEngine() {
  const asked = ['version', 'compose version'].map((command) => attempt('docker', command.split(' ')));
  return (await Promise.all(asked)).every(({ status }) => status === 0);
}

class Test {
  static async prepare(swarm) {
    const test = new Test();
    test.swarm = swarm;
    test.project = swarm ? 'urna-test-swarm' : 'urna-test';
    test.problems = [];
    test.figures = {};
    // More than can vote during the test; the rest do not vote.
    test.voters = RATE * LONGEST_VOTING_S;
    const names = ['vote-ingest', 'dashboard-feed', 'access-control', 'election-admin', 'ballot-station', 'plain'];
    const free = await freePorts(names.length);
    test.ports = Object.fromEntries(names.map((name, index) => [name, free[index]]));
    await test.makeSecrets();
    const env = {
      COMPOSE_PROJECT_NAME: test.project, COMPOSE_PROFILES: '', URNA_ENV: 'production', URNA_SECRETS: test.secrets, LIVE_MINIMUM: '1',
      URNA_BIND: '127.0.0.1', URNA_IMAGE: 'urna-test:latest', URNA_GATEWAY_IMAGE: 'urna-gateway-test:latest',
    };
    if (!swarm) Object.assign(env, LIMITS);
    for (const [name, port] of Object.entries(test.ports)) {
      env[name === 'plain' ? 'URNA_HTTP_PORT' : `${name.replace('-', '_').toUpperCase()}_PORT`] = String(port);
    }
    test.image = env.URNA_IMAGE;
    test.installation = new (swarm ? Swarm : Compose)(test.project, env);
    test.installation.bind = swarm ? null : '127.0.0.1';
    return test;
  }

  /** Secrets as in production: random, and in files. */
  async makeSecrets() {
    await mkdir(path.join(root, 'target'), { recursive: true });
    this.secrets = await mkdtemp(path.join(root, 'target/test-secrets-'));
    for (const name of SECRETS) await writeFile(path.join(this.secrets, name), `${randomBytes(24).toString('base64')}\n`);
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    await writeFile(path.join(this.secrets, 'jwt_private_key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await writeFile(path.join(this.secrets, 'jwt_public_keys'), publicKey.export({ type: 'spki', format: 'pem' }));
    this.administratorPassword = `A1${randomBytes(12).toString('hex')}`;
    await writeFile(path.join(this.secrets, 'admin_password'), this.administratorPassword);
  }

  async go() {
    const { installation } = this;
    await installation.remove();
    say('building the images');
    const before = Date.now();
    await installation.build();
    this.figures.build_s = Math.round((Date.now() - before) / 1000);
    await this.checkImage();
    say('starting');
    await installation.start();
    if (installation.checkSecrets) this.problems.push(...(await installation.checkSecrets()));

    this.problems.push(...(await checkRights(installation)), ...(await checkHeaders(this.ports)));
    const election = await this.openElection();
    await this.vote(election);

    say('trying connections that must fail');
    const networks = await checkNetworks(installation, SERVICES);
    this.problems.push(...networks.problems, ...(await checkPorts(installation)));
    Object.assign(this.figures, { connections_allowed: networks.allowed, connections_forbidden: networks.forbidden });
    if (!this.swarm) this.problems.push(...(await checkCertificate(installation, this.ports, this.secrets)));
    if (installation.checkStopping) {
      say('stopping');
      this.problems.push(...(await installation.checkStopping(SERVICES)));
    }
  }

  async checkImage() {
    const [{ Size, Config }] = await inspect([this.image]);
    this.figures.image_mb = Math.round(Size / 1e6);
    if (this.figures.image_mb >= LARGEST_IMAGE_MB) this.problems.push(`the image has ${this.figures.image_mb} MB`);
    if (['', 'root', '0'].includes(Config.User)) this.problems.push('the image runs as root');
  }

  async openElection() {
    say('opening an election');
    const desks = new Desks(this.ports);
    const election = await desks.openElection(this.administratorPassword);
    await this.installation.roll(['generate', '--voters', String(this.voters)]);
    await this.installation.roll(['load', '--election', String(election)]);
    await this.installation.roll(['export', 'voters.csv']);
    await desks.bringPaper(election);
    return election;
  }

  async vote(election) {
    const { project, image, ports, installation } = this;
    say(`a crowd votes, ${RATE} a second`);
    const crowd = new Crowd({ project, image, ports, election, rate: RATE });
    try {
      const steps = new Steps();
      this.figures.killed = await this.killEverybody(steps);
      if (installation.update) this.figures.updated = await this.updateEverybody(steps);
      this.figures.servers_away = await this.leaveServersAway(steps);
      if (!this.swarm) {
        steps.begin('an audience');
        say('an audience tries to keep voters out');
        const { env } = installation;
        this.problems.push(...(await bearAudience({ project, image, ports, env, election })));
      }
      if (crowd.ended) this.problems.push('the crowd had voted before everything was done to the servers');
      steps.begin('the end');
      const { problems, report } = await crowd.check();
      this.problems.push(...problems);
      this.figures.longest_outage_ms = steps.longest(report.outages);
      const { sent, accepted, failed, counted, lost, double, retried, rate, latency_ms, visible_ms } = report;
      Object.assign(this.figures, { sent, accepted, failed, counted, lost, double, retried, rate, latency_ms, visible_ms });
    } finally {
      await crowd.stop();
    }
  }

  async killEverybody(steps) {
    let killed = 0;
    for (const service of SERVICES) {
      for (const container of await this.installation.containers(service)) {
        steps.begin(`killing ${service}`);
        say(`killing a container of ${service}`);
        await this.installation.kill(container);
        killed += 1;
      }
    }
    return killed;
  }

  async updateEverybody(steps) {
    for (const service of SERVICES) {
      steps.begin(`updating ${service}`);
      say(`updating ${service}`);
      this.problems.push(...(await this.installation.update(service)));
    }
    return SERVICES.length;
  }

  async leaveServersAway(steps) {
    for (const server of SERVERS_AWAY) {
      const before = await this.containersOfOurs();
      steps.begin(`${server} away`);
      say(`${server} is away for ${AWAY_S} s`);
      await this.installation.halt(server);
      await new Promise((resolve) => setTimeout(resolve, AWAY_S * 1000));
      const during = await this.containersOfOurs();
      await this.installation.resume(server);
      const after = await this.containersOfOurs();
      if (during !== before || after !== before) {
        this.problems.push(`containers of ours were ended because ${server} was away: ${before}; ${during}; ${after}`);
      }
    }
    return SERVERS_AWAY.length;
  }

  /** What runs, and since when: the text changes if a container was stopped or started. */
  async containersOfOurs() {
    const all = await Promise.all(SERVICES.map((service) => this.installation.containers(service)));
    const running = await inspect(all.flat());
    return running.map(({ Name, State }) => `${Name} ${State.StartedAt}`).sort().join(', ');
  }

  async keepLogs() {
    const file = path.join(root, `target/${this.project}.log`);
    const { stdout, stderr } = await this.installation.logs();
    await writeFile(file, stdout + stderr);
    say(`the logs are in ${path.relative(root, file)}`);
  }

  async tidy() {
    say('tearing down');
    await this.installation.remove();
    await rm(this.secrets, { recursive: true, force: true });
    await docker(['image', 'rm', this.image, 'urna-gateway-test:latest']).catch(() => {});
  }
}

/** Ports that are currently free. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
