// An installation under Docker Compose.
import { attempt, docker, inspect, isReady, lines, run, say, until } from './docker.mjs';

export class Compose {
  constructor(project, env) {
    this.project = project;
    this.env = env;
  }

  compose(args, options) {
    return run('docker', ['compose', ...args], { env: this.env, ...options });
  }

  async build() {
    await this.compose(['build'], { timeout_s: 3600 });
  }

  async start() {
    await this.compose(['up', '--detach', '--no-build'], { timeout_s: 600 });
    await this.untilReady();
    say('starting what runs already: topics and migrations are made again');
    await this.compose(['up', '--detach', '--no-build'], { timeout_s: 600 });
    await this.untilReady();
  }

  /** The containers of one service, or of all. */
  async containers(service) {
    const filter = [`project=${this.project}`, 'oneoff=False'].flatMap((it) => ['--filter', `label=com.docker.compose.${it}`]);
    if (service) filter.push('--filter', `label=com.docker.compose.service=${service}`);
    return lines(await docker(['ps', '--all', '--quiet', '--no-trunc', ...filter]));
  }

  serviceOf(container) {
    return container.Config.Labels['com.docker.compose.service'];
  }

  untilReady() {
    return until('all services are healthy', async () => {
      const containers = await inspect(await this.containers());
      const failed = containers.find(({ State }) => State.Status === 'exited' && State.ExitCode !== 0);
      if (failed) throw new Error(`${this.serviceOf(failed)} ended with status ${failed.State.ExitCode}`);
      return containers.every((one) => isReady(one) || (one.State.Status === 'exited' && one.State.ExitCode === 0));
    }, 300);
  }

  roll(args) {
    return this.compose(['run', '--rm', '--no-deps', '-T', 'voter-roll', ...args], { timeout_s: 300 });
  }

  /** As if it had crashed. Docker restarts containers that end on their own, but not those that were killed. */
  async kill(container) {
    await docker(['kill', container]);
    await docker(['start', container]);
    await until(`${container} is healthy again`, async () => isReady((await inspect([container]))[0]));
  }

  async halt(service) {
    await this.compose(['stop', service], { timeout_s: 120 });
  }

  async resume(service) {
    await this.compose(['start', service], { timeout_s: 120 });
    await this.untilReady();
  }

  /** In production, nothing starts with a publicly known secret. */
  async checkSecrets() {
    const problems = [];
    for (const service of ['access-control', 'election-admin', 'ballot-station', 'tally-stream', 'voter-roll']) {
      const args = ['compose', 'run', '--rm', '--no-deps', '-T', service];
      const env = { ...this.env, URNA_ENV: 'production', URNA_SECRETS: 'containers/development-secrets' };
      const { status, stderr } = await attempt('docker', args, { env, timeout_s: 60 });
      if (status !== 1 || !stderr.includes('publicly known')) {
        problems.push(`${service} started in production on a development secret (status ${status})`);
      }
    }
    return problems;
  }

  /** Each of our own containers ends on its own when asked to. */
  async checkStopping(services) {
    await this.compose(['stop', ...services], { timeout_s: 300 });
    const containers = (await Promise.all(services.map((service) => this.containers(service)))).flat();
    return (await inspect(containers))
      .filter(({ State }) => State.ExitCode !== 0)
      .map((one) => `${this.serviceOf(one)} did not stop gracefully: status ${one.State.ExitCode}`);
  }

  async logs() {
    return attempt('docker', ['compose', 'logs', '--no-color', '--timestamps'], { env: this.env });
  }

  async remove() {
    await this.compose(['--profile', '*', 'down', '--volumes', '--remove-orphans'], { timeout_s: 300 });
  }
}
