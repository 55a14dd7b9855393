/** What the chat's frame asks its site, by a token of its own and without any cookie. */
export class Refused extends Error {
  constructor(problem, status) {
    super(problem?.detail ?? "");
    this.kind = problem?.type?.split("/").at(-1) ?? "";
    this.status = status;
  }
}

export class Site {
  constructor(widget, language, token) {
    this.base = `/api/v1/widgets/${widget}`;
    this.language = language;
    this.token = token;
  }

  /** Introduces the page around the frame, and remembers the visitor. Returns what was said before. */
  async enter(origin, conversation) {
    this.origin = origin;
    const known = await this.post("/session", { origin, token: this.token, conversation });
    this.token = known.token;
    return known;
  }

  /** A token that ran out is had anew, once. */
  async ask(path, body) {
    try {
      return await this.post(path, body);
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.enter(this.origin, null);
      return this.post(path, body);
    }
  }

  async post(path, body) {
    const response = await fetch(this.base + path, {
      method: "POST",
      credentials: "omit",
      headers: { "Content-Type": "application/json", ...this.headers() },
      body: JSON.stringify(body ?? {}),
    });
    const answer = await response.json().catch(() => null);
    if (!response.ok) throw new Refused(answer, response.status);
    return answer;
  }

  /** The events of an answer, as [name, data, place], from behind `place`. Ends when the connection does. */
  async *events(path, place, signal) {
    const headers = { Accept: "text/event-stream", ...this.headers() };
    if (place) headers["Last-Event-ID"] = place;
    const response = await fetch(this.base + path, { credentials: "omit", headers, signal });
    if (!response.ok) throw new Refused(await response.json().catch(() => null), response.status);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event) yield event;
      }
    }
  }

  headers() {
    return { "X-Widget-Token": this.token, "X-Widget-Language": this.language };
  }
}

function parsed(block) {
  const field = (name) => block.match(new RegExp(`^${name}: (.*)$`, "m"))?.[1];
  const data = field("data");
  return data === undefined ? null : [field("event"), JSON.parse(data), field("id") ?? ""];
}
