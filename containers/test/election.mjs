// An election: an administrator opens it, an official uploads paper ballots, and a crowd votes.
import { spawn } from 'node:child_process';
import { docker, say, until } from './docker.mjs';

const OFFICIAL = {
  jmbg: '0101994704401', forename: 'Ana', surname: 'Anić', email: 'ana@example.rs', password: 'Aa345678',
};
const PAPER_BALLOTS = 3;

export class Desks {
  constructor(ports) {
    this.ports = ports;
  }

  async call(service, path, { token, body, form } = {}) {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    if (body) headers['content-type'] = 'application/json';
    const answer = await fetch(`http://127.0.0.1:${this.ports[service]}${path}`, {
      method: body || form ? 'POST' : 'GET',
      headers,
      body: form ?? (body && JSON.stringify(body)),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${service} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  async logIn(email, password) {
    const { accessToken } = await this.call('access-control', '/login', { body: { email, password } });
    return accessToken;
  }

  /** Opens an election for an hour; returns its number. */
  async openElection(password) {
    const token = await this.logIn('admin@admin.com', password);
    this.administrator = token;
    const participants = [];
    for (const name of ['Left', 'Right', 'Centre', 'Green']) {
      const { id } = await this.call('election-admin', '/createParticipant', { token, body: { name, individual: false } });
      participants.push(id);
    }
    const at = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
    const election = { start: at(-1), end: at(3600), individual: false, participants };
    await this.call('election-admin', '/createElection', { token, body: election });
    const { elections } = await this.call('election-admin', '/getElections', { token });
    return elections.at(-1).id;
  }

  results(election) {
    return this.call('dashboard-feed', `/api/elections/${election}/results`).catch(() => null);
  }

  /** Uploads a few paper ballots, and waits until they are on the page. */
  async bringPaper(election) {
    await this.call('access-control', '/register', { body: OFFICIAL });
    const { email } = OFFICIAL;
    await this.call('access-control', '/accounts/approve', { token: this.administrator, body: { email } });
    const token = await this.logIn(email, OFFICIAL.password);
    const form = new FormData();
    const guid = (ballot) => `28f8a8e0-f4c7-4e3f-93fb-00000000000${ballot}`;
    const file = Array.from({ length: PAPER_BALLOTS }, (_, ballot) => `${guid(ballot)},1\r\n`).join('');
    form.append('file', new Blob([file], { type: 'text/csv' }), 'ballots.csv');
    await this.call('ballot-station', '/vote', { token, form });
    await until('the paper ballots are counted', async () => (await this.results(election))?.counted === PAPER_BALLOTS);
  }
}

/** The crowd, from outside: over the published ports. */
export class Crowd {
  constructor({ project, image, ports, election, rate }) {
    const volume = `${project}_roll:/var/lib/urna/roll:ro`;
    const options = {
      '--url': `http://127.0.0.1:${ports['vote-ingest']}`, '--feed': `http://127.0.0.1:${ports['dashboard-feed']}`,
      '--voters': '/var/lib/urna/roll/voters.csv', '--election': election, '--rate': rate, '--give-up': 150, '--settle': 60,
    };
    this.name = `${project}-crowd`;
    this.stderr = '';
    this.report = new Promise((resolve, reject) => {
      const args = ['run', '--rm', '--name', this.name, '--network', 'host', '--volume', volume, image];
      const child = spawn('docker', [...args, 'spammer', '--retries', ...Object.entries(options).flat().map(String)]);
      let stdout = '';
      child.stdout.on('data', (text) => (stdout += text));
      child.stderr.on('data', (text) => (this.stderr += text));
      child.on('error', reject);
      child.on('close', (status) => {
        this.ended = true;
        try {
          resolve({ status, ...JSON.parse(stdout) });
        } catch {
          reject(new Error(`the spammer ended with status ${status}: ${this.stderr.slice(-2000)}`));
        }
      });
    });
    // Checked at the end.
    this.report.catch(() => {});
  }

  /** Stops the voting, and compares what the voters were told with what was counted. */
  async check() {
    await docker(['kill', '--signal', 'INT', this.name]);
    const report = await this.report;
    const { status, sent, accepted, failed, counted, lost, double, exact, retried } = report;
    say(`the crowd's report: ${JSON.stringify({ sent, accepted, failed, counted, lost, double, retried })}`);
    const problems = [...report.problems];
    if (status !== 0 || !exact) problems.push(`the spammer ended with status ${status}`);
    for (const [name, value] of Object.entries({ lost, double, failed })) {
      if (value !== 0) problems.push(`${name}: ${value}`);
    }
    if (accepted === 0) problems.push('nobody voted');
    if (retried === 0) problems.push('no vote was ever sent again: the killing was not felt');
    return { problems, report };
  }

  async stop() {
    if (!this.ended) await docker(['kill', this.name]).catch(() => {});
  }
}
