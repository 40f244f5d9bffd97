import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a region that answers 429 when more than so many requests are at work at once, and says when to come again. */
export interface BusyServer extends AsyncDisposable {
  readonly url: string;
  readonly answered: number;
  readonly refused: number;
}

export async function busyServer(region: string, capacity: number): Promise<BusyServer> {
  const counts = { active: 0, answered: 0, refused: 0 };
  const server: Server = createServer((request, response) => {
    if (request.headers.authorization !== `Bearer key-${region}`) {
      response.writeHead(401).end();
      return;
    }
    if (counts.active >= capacity) {
      counts.refused++;
      response.writeHead(429, { 'retry-after-ms': '30' }).end();
      return;
    }
    counts.active++;
    setTimeout(() => {
      counts.active--;
      counts.answered++;
      response.end(`${region} did ${new URL(request.url!, 'http://localhost').searchParams.get('task')}`);
    }, 20);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get answered() {
      return counts.answered;
    },
    get refused() {
      return counts.refused;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
