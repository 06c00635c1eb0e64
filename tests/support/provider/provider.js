// An OpenID Connect provider for tests: node provider.js PORT KEYS.json [ADDRESS OF A CONSOLE]
// People sign in with any name; what tokens say of them is read from the name.
import { readFileSync } from 'node:fs';
import { Provider } from 'oidc-provider';

const [port, keys, page] = process.argv.slice(2);
const pages = page ? [page] : [];
const issuer = `http://127.0.0.1:${port}`;
const organisation = '00000000-0000-4000-8000-00000000000a';

const provider = new Provider(issuer, {
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
  cookies: { keys: ['a secret of the tests'] },
  clients: [
    {
      client_id: 'console',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1:9/signed-in', ...pages],
      post_logout_redirect_uris: ['http://127.0.0.1:9/signed-out', ...pages],
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: 'dashboard',
      client_secret: 'a secret of the dashboard',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
  pkce: { required: () => true },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (ctx, token) => ({
    orgs: [organisation],
    roles: [token.accountId?.startsWith('planner') ? 'planner' : 'reader'],
    territories: [],
  }),
  issueRefreshToken: () => true,
  clientBasedCORS: (ctx, origin) => pages.some((it) => it.startsWith(`${origin}/`)),
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:ronde',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: '',
        audience: 'ronde',
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
});

provider.listen(Number(port), '127.0.0.1', () => console.log(issuer));
