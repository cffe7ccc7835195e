// An official at a ballot station, who uploads files of paper ballots.

const OFFICIAL = {
  jmbg: "0101994704401",
  forename: "Ana",
  surname: "Anić",
  email: "ana@example.rs",
  password: "Aa345678",
};

/** The number of ballots for each poll number, from 1. */
export type Ballots = readonly number[];

export class Station {
  readonly #url: string;
  readonly #token: string;
  #ballots = 0;

  private constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
  }

  static async open(accounts: string, url: string): Promise<Station> {
    const post = async (path: string, body: unknown) => {
      const answer = await fetch(`${accounts}${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
      return answer.text();
    };
    await post("/register", OFFICIAL);
    const { accessToken } = JSON.parse(await post("/login", OFFICIAL));
    return new Station(url, accessToken);
  }

  /** Lines of ballots that have not been uploaded yet. */
  lines(ballots: Ballots): string[] {
    return ballots.flatMap((count, index) =>
      Array.from({ length: count }, () => {
        this.#ballots += 1;
        const number = this.#ballots.toString(16).padStart(12, "0");
        return `28f8a8e0-f4c7-4e3f-93fb-${number},${index + 1}`;
      }),
    );
  }

  /** Uploads a file to the open election. */
  async bring(lines: readonly string[]): Promise<void> {
    const form = new FormData();
    form.append("file", new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" }), "ballots.csv");
    const headers = { Authorization: `Bearer ${this.#token}` };
    const answer = await fetch(`${this.#url}/vote`, { method: "POST", headers, body: form });
    if (!answer.ok) throw new Error(`the station refused: ${await answer.text()}`);
  }
}
