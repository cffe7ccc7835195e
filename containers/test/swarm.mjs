// An installation on a Swarm of one machine.
import { attempt, docker, inspect, isReady, lines, run, say, until } from './docker.mjs';

/** Where services with data run: docker-compose.yml requires machines with these labels. */
const LABELS = ['ballot-keys', 'databases', 'kafka-1', 'kafka-2', 'kafka-3', 'redis'].map((it) => `urna.${it}`);

export class Swarm {
  constructor(project, env) {
    this.project = project;
    this.env = env;
    this.added = [];
  }

  async build() {
    await run('docker', ['compose', 'build'], { env: this.env, timeout_s: 3600 });
  }

  async start() {
    this.node = (await docker(['info', '--format', '{{.Swarm.NodeID}}'])).trim();
    if (this.node === '') throw new Error('this engine is no Swarm: docker swarm init');
    const labels = JSON.parse(await docker(['node', 'inspect', this.node, '--format', '{{json .Spec.Labels}}']));
    this.added = LABELS.filter((label) => !(label in labels));
    await this.label(this.added.map((label) => ['--label-add', `${label}=true`]));
    this.stack = await run('script/swarm-stack', [], { env: this.env });
    await this.deploy();
    await this.untilReady();
    say('deploying what runs already');
    await this.deploy();
    await this.untilReady();
  }

  deploy() {
    const args = ['stack', 'deploy', '--detach=true', '--resolve-image=never', '--compose-file', '-', this.project];
    return docker(args, { input: this.stack });
  }

  label(changes) {
    return changes.length === 0 ? '' : docker(['node', 'update', ...changes.flat(), this.node]);
  }

  name(service) {
    return `${this.project}_${service}`;
  }

  async containers(service) {
    const filter = service
      ? `label=com.docker.swarm.service.name=${this.name(service)}`
      : `label=com.docker.stack.namespace=${this.project}`;
    return lines(await docker(['ps', '--quiet', '--no-trunc', '--filter', filter]));
  }

  serviceOf(container) {
    return container.Config.Labels['com.docker.swarm.service.name'].slice(this.project.length + 1);
  }

  /** A Swarm counts a task as running when it is healthy. */
  async isComplete(service) {
    const filter = ['--filter', `name=${service ? this.name(service) : `${this.project}_`}`];
    const listed = lines(await docker(['service', 'ls', ...filter, '--format', '{{.Name}} {{.Replicas}}']));
    return listed
      .filter((line) => !service || line.startsWith(`${this.name(service)} `))
      .every((line) => {
        const [, running, wanted] = line.match(/ (\d+)\/(\d+)/);
        const job = line.match(/\((\d+)\/(\d+) completed\)/);
        return job ? job[1] === job[2] : running === wanted;
      });
  }

  untilReady() {
    return until('all services are healthy', () => this.isComplete(), 400);
  }

  /** The service of the roll is a job: it runs again with a new command. */
  async roll(args) {
    const update = ['service', 'update', '--quiet', '--force', '--args', args.join(' '), this.name('voter-roll')];
    await docker(update, { timeout_s: 300 });
    await until(`voter-roll ${args[0]}`, () => this.isComplete('voter-roll'));
  }

  /** As if it had crashed: the Swarm starts another one in its place. */
  async kill(container) {
    const [killed] = await inspect([container]);
    const service = this.serviceOf(killed);
    const before = (await this.containers(service)).length;
    await docker(['kill', container]);
    await until(`${service} is complete again`, async () => {
      const now = await inspect(await this.containers(service));
      const others = now.filter((one) => one.Id !== killed.Id && isReady(one));
      return others.length === before && (await this.isComplete(service));
    });
  }

  /** Replaces every container of a service, as a new version would. */
  async update(service) {
    await docker(['service', 'update', '--quiet', '--force', this.name(service)], { timeout_s: 300 });
    const format = '{{if .UpdateStatus}}{{.UpdateStatus.State}}{{end}}';
    const state = (await docker(['service', 'inspect', '--format', format, this.name(service)])).trim();
    return state === 'completed' ? [] : [`the update of ${service} ended as: ${state}`];
  }

  async halt(service) {
    await docker(['service', 'scale', '--detach=false', `${this.name(service)}=0`], { timeout_s: 120 });
  }

  async resume(service) {
    await docker(['service', 'scale', '--detach=false', `${this.name(service)}=1`], { timeout_s: 120 });
    await this.untilReady();
  }

  async logs() {
    const services = lines(await docker(['service', 'ls', '--filter', `name=${this.project}_`, '--format', '{{.Name}}']));
    const logs = await Promise.all(
      services.map((service) => attempt('docker', ['service', 'logs', '--timestamps', '--no-trunc', service], { timeout_s: 30 })),
    );
    const tasks = await attempt('docker', ['stack', 'ps', '--no-trunc', this.project]);
    return { stdout: tasks.stdout + logs.map(({ stdout }) => stdout).join(''), stderr: logs.map((it) => it.stderr).join('') };
  }

  async remove() {
    await attempt('docker', ['stack', 'rm', '--detach=false', this.project], { timeout_s: 300 });
    const filter = ['--filter', `label=com.docker.stack.namespace=${this.project}`];
    await until('the containers are gone', async () => {
      // A Swarm leaves the containers of jobs behind.
      const ended = lines(await docker(['ps', '--all', '--quiet', '--filter', 'status=exited', ...filter]));
      if (ended.length > 0) await attempt('docker', ['rm', '--volumes', ...ended]);
      return (await docker(['ps', '--all', '--quiet', ...filter])) === '';
    }, 300);
    await until('the networks are gone', async () => (await docker(['network', 'ls', '--quiet', ...filter])) === '');
    const volumes = lines(await docker(['volume', 'ls', '--quiet', ...filter]));
    if (volumes.length > 0) await docker(['volume', 'rm', ...volumes]);
    await this.label(this.added.map((label) => ['--label-rm', label]));
  }
}
