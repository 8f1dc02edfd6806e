import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  type ClientStorage,
  type CookieJar,
  type CookieOptions,
  cookieStorage,
  createShopkeeper,
  hasCode,
  memoryStorage,
  routeStorage,
  type Shopkeeper,
  webStorage,
} from "../src/index.ts";
import { LossyProxy, PASSWORD, register, URL_OF_SERVER } from "./support.ts";
import { FakeWebStorage } from "./web-storage.ts";

const REFRESH = /\/auth\/refresh$/;

let proxy: LossyProxy;
let email: string;
let refresh: string;

before(async () => {
  proxy = await LossyProxy.start();
  email = await register(createShopkeeper({ baseUrl: URL_OF_SERVER }));
});

beforeEach(async () => {
  const storage = memoryStorage();
  await createShopkeeper({ baseUrl: proxy.url, storage }).session.signIn(email, PASSWORD);
  refresh = (await storage.readTokens())?.refresh ?? "";
  proxy.expect(REFRESH);
});

after(() => proxy.stop());

/** Return a client in a storage that knows how to go on, and has no access token. */
async function resumed(storage: ClientStorage): Promise<Shopkeeper> {
  await storage.writeTokens({ refresh });
  return createShopkeeper({ baseUrl: proxy.url, storage });
}

async function me(shop: Shopkeeper): Promise<string> {
  return (await shop.get("/api/users/me")).email;
}

test("many requests at once renew the session once", async () => {
  const shop = await resumed(memoryStorage());
  const seen = await Promise.all(Array.from({ length: 20 }, () => me(shop)));
  assert.deepEqual(new Set(seen), new Set([email]));
  assert.equal(proxy.count(REFRESH), 1);
});

test("an access token that the server no longer takes is renewed, and the request goes on", async () => {
  const storage = memoryStorage();
  await storage.writeTokens({ refresh, access: "no.such.token", expires: Date.now() + 3_600_000 });
  const shop = createShopkeeper({ baseUrl: proxy.url, storage });
  assert.deepEqual(await Promise.all([me(shop), me(shop)]), [email, email]);
  assert.equal(proxy.count(REFRESH), 1);
});

test("a renewal whose answer was lost does not end the session", async () => {
  proxy.expect(REFRESH, "lose answer");
  const shop = await resumed(memoryStorage());
  assert.equal(await me(shop), email);
  assert.equal(proxy.count(REFRESH), 2);
});

test("an outage does not end the session", async () => {
  proxy.expect(REFRESH, ...Array.from({ length: 3 }, () => "lose request" as const));
  const shop = await resumed(memoryStorage());
  await assert.rejects(me(shop), (error) => hasCode(error, "unreachable"));
  assert.equal(await shop.session.isSignedIn(), true);
  assert.equal(await me(shop), email);
});

test("a session that the server has ended is forgotten, and public requests go on without it", async () => {
  const storage = memoryStorage();
  await storage.writeTokens({ refresh: "no token" });
  const shop = createShopkeeper({ baseUrl: proxy.url, storage });
  assert.equal((await shop.get("/api/items")).items.length >= 0, true);
  assert.equal(await shop.session.isSignedIn(), false);
  assert.equal(await storage.readTokens(), null);
});

test("web storage has the refresh token alone, and a new page goes on with it", async () => {
  const storage = new FakeWebStorage();
  assert.equal(await me(await resumed(webStorage(storage))), email);
  assert.equal(storage.text().split("\n").length, 1);
  assert.equal(await me(createShopkeeper({ baseUrl: proxy.url, storage: webStorage(storage) })), email);
});

/** The cookies of a browser, as a server sees and sets them. */
class Jar implements CookieJar {
  readonly options: CookieOptions[] = [];
  isReadOnly = false;
  #value: string | undefined;

  get(): { value: string } | undefined {
    return this.#value ? { value: this.#value } : undefined;
  }

  set(_: string, value: string, options: CookieOptions): void {
    if (this.isReadOnly) throw new Error("Cookies can only be modified in a Server Action or Route Handler.");
    this.#value = encodeURIComponent(value) === value ? value : assert.fail("a cookie needs no encoding");
    this.options.push(options);
  }
}

test("requests of one visitor to a server renew the session once, and it is kept in an HttpOnly cookie", async () => {
  const jar = new Jar();
  await cookieStorage(jar).writeTokens({ refresh });
  const perRequest = () => createShopkeeper({ baseUrl: proxy.url, storage: cookieStorage(jar) });
  const old = new Jar(); // of a request that began before the cookie was set anew
  await cookieStorage(old).writeTokens({ refresh });
  assert.deepEqual(await Promise.all([me(perRequest()), me(perRequest())]), [email, email]);
  assert.equal(await me(createShopkeeper({ baseUrl: proxy.url, storage: cookieStorage(old) })), email);
  assert.equal(await me(perRequest()), email);
  assert.equal(proxy.count(REFRESH), 1);
  assert.deepEqual(jar.options.at(-1), { httpOnly: true, secure: true, sameSite: "lax", path: "/", maxAge: 2_592_000 });
  await perRequest().session.signOut();
  assert.equal(jar.get(), undefined);
  assert.equal(jar.options.at(-1)?.maxAge, 0);
});

test("where no cookie can be set no token is used up", async () => {
  const jar = new Jar();
  await cookieStorage(jar).writeTokens({ refresh });
  jar.isReadOnly = true;
  const shop = createShopkeeper({ baseUrl: proxy.url, storage: cookieStorage(jar) });
  await assert.rejects(me(shop), (error) => hasCode(error, "session_read_only"));
  assert.equal(proxy.count(REFRESH), 0);
  jar.isReadOnly = false;
  assert.equal(await me(shop), email);
});

test("a browser whose session a route keeps gets access tokens alone", async () => {
  const jar = new Jar();
  const asked: string[] = [];
  const route: typeof fetch = async (_, init) => {
    asked.push(init?.method ?? "");
    const shop = createShopkeeper({ baseUrl: proxy.url, storage: cookieStorage(jar) });
    if (init?.method === "DELETE") await shop.session.signOut();
    if (init?.method === "POST") {
      const given: { email: string; password: string } = JSON.parse(String(init.body));
      await shop.session.signIn(given.email, given.password);
    }
    return Response.json(await shop.session.forRoute());
  };
  const shop = createShopkeeper({ baseUrl: proxy.url, storage: routeStorage("/session", route) });
  assert.equal(await shop.session.isSignedIn(), false);
  await shop.session.signIn(email, PASSWORD);
  assert.deepEqual([await me(shop), await me(shop)], [email, email]);
  const reloaded = createShopkeeper({ baseUrl: proxy.url, storage: routeStorage("/session", route) });
  assert.equal(await me(reloaded), email);
  await reloaded.session.signOut();
  assert.equal(jar.get(), undefined);
  assert.deepEqual(asked, ["GET", "POST", "GET", "DELETE"]);
});
