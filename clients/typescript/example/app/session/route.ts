// The session of the browser. Its refresh token stays in an HttpOnly cookie; scripts get the access token alone.

import { type Shopkeeper, ShopkeeperError } from "@shopkeeper/client";
import { visitor } from "../../lib/server";

export async function GET(): Promise<Response> {
  return answer(await visitor());
}

export async function POST(request: Request): Promise<Response> {
  if (isForeign(request)) return new Response(null, { status: 403 });
  const { email, password } = await request.json().catch(() => ({}));
  return answer(await visitor(), (client) => client.session.signIn(String(email), String(password)));
}

export async function DELETE(request: Request): Promise<Response> {
  if (isForeign(request)) return new Response(null, { status: 403 });
  return answer(await visitor(), (client) => client.session.signOut());
}

/** Tell whether another site sent a request. */
function isForeign(request: Request): boolean {
  return !["same-origin", null].includes(request.headers.get("Sec-Fetch-Site"));
}

async function answer(client: Shopkeeper, act?: (client: Shopkeeper) => Promise<void>): Promise<Response> {
  const headers = { "Cache-Control": "no-store" };
  try {
    await act?.(client);
    return Response.json(await client.session.forRoute(), { headers });
  } catch (error) {
    if (!(error instanceof ShopkeeperError)) throw error;
    return Response.json(error.problem, { status: error.status || 503, headers });
  }
}
