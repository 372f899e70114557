import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ClientSecretCredential;
import com.azure.identity.ClientSecretCredentialBuilder;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/**
 * The sign-in library of Java's Graph clients, as its package manager installs it and not changed: it gets a token as an app,
 * and the token reads users and sends a batch as Java's Graph client writes one.
 *
 * <p>Reads BASE_URL, AUTHORITY, TENANT, CLIENT_ID and CLIENT_SECRET from the environment; the trust store is given as a
 * property. Prints how many steps held, or ends with the first step that failed.
 */
public final class GraphClient {
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String GRAPH = "https://graph.microsoft.com/.default";
  private static int steps;

  private static ClientSecretCredential credential(String secret) {
    return new ClientSecretCredentialBuilder()
        .authorityHost(System.getenv("AUTHORITY"))
        .tenantId(System.getenv("TENANT"))
        .clientId(System.getenv("CLIENT_ID"))
        .clientSecret(secret)
        .disableInstanceDiscovery()
        .build();
  }

  private static String token(ClientSecretCredential credential, String scope) {
    AccessToken token = credential.getTokenSync(new TokenRequestContext().addScopes(scope));
    steps++;
    return token.getToken();
  }

  private static String graph(String token, String method, String path, String body, int status)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + path))
            .header("Authorization", "Bearer " + token)
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", "application/json");
    }
    HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    check(answer.statusCode() == status, path + " " + answer.statusCode() + " " + answer.body());
    return answer.body();
  }

  private static void check(boolean holds, String what) {
    if (!holds) {
      throw new IllegalStateException(what);
    }
    steps++;
  }

  /** What a wrong secret is told; nothing where it gets a token. */
  private static String refusal() {
    try {
      return token(credential("wrong"), GRAPH).substring(0, 0);
    } catch (RuntimeException refused) {
      return String.valueOf(refused.getMessage());
    }
  }

  /** A batch in which the type stands under both spellings, as the Graph client for Java writes it. */
  private static String batch() {
    return "{\"requests\":[{\"id\":\"1\",\"method\":\"POST\",\"url\":\"/users\","
        + "\"headers\":{\"content-type\":\"application/json\",\"Content-Type\":\"application/json\"},"
        + "\"body\":{\"accountEnabled\":true,\"displayName\":\"Grace Hopper\",\"mailNickname\":\"grace\","
        + "\"userPrincipalName\":\"grace.java@contoso.com\","
        + "\"passwordProfile\":{\"password\":\"Correct-Horse-7-battery\"}}},"
        + "{\"id\":\"2\",\"method\":\"GET\",\"url\":\"/users/grace.java@contoso.com?$select=displayName\","
        + "\"dependsOn\":[\"1\"]}]}";
  }

  public static void main(String[] arguments) throws Exception {
    ClientSecretCredential app = credential(System.getenv("CLIENT_SECRET"));
    String token = token(app, GRAPH);
    check(!token(app, GRAPH).isEmpty(), "no second token");
    String own = token(app, System.getenv("BASE_URL") + "/.default");
    check(refusal().contains("AADSTS7000215"), "a wrong secret: " + refusal());
    String users = graph(token, "GET", "/v1.0/users?$select=displayName", "", 200);
    check(users.contains("\"value\":[{\"displayName\""), users);
    String answers = graph(own, "POST", "/v1.0/$batch", batch(), 200);
    check(answers.contains("\"status\":201"), answers);
    check(answers.contains("\"displayName\":\"Grace Hopper\""), answers);
    graph(token, "DELETE", "/v1.0/users/grace.java@contoso.com", "", 204);
    System.out.println(steps + " steps held");
    System.exit(0);
  }
}
