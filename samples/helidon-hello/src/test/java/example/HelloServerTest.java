package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HelloServerTest {

    private final HelloServer server = new HelloServer(0);

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop();
        System.clearProperty("greeting");
    }

    @Test
    void looksTheGreetingUpAtEachRequest() throws Exception {
        assertEquals("Hello World", get(server.port()));
        System.setProperty("greeting", "Bonjour");
        assertEquals("Bonjour", get(server.port()));
    }

    @Test
    void isClosedAtACheckpointAndOpenAfterTheRestore() throws Exception {
        int port = server.port();
        server.beforeCheckpoint(null);
        assertThrows(ConnectException.class, () -> get(port));
        server.afterRestore(null);
        assertEquals("Hello World", get(server.port()));
    }

    private static String get(int port) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/")).build();
        return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    }
}
