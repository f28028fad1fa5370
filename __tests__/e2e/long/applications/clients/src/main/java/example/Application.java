package example;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.solacesystems.jcsmp.JCSMPChannelProperties;
import com.solacesystems.jcsmp.JCSMPFactory;
import com.solacesystems.jcsmp.JCSMPProperties;
import com.solacesystems.jcsmp.JCSMPSession;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.bson.Document;
import org.redisson.Redisson;
import org.redisson.config.Config;

/** Connects the client in the variable CLIENT to the host `peer`, and does nothing about it before a checkpoint. */
public final class Application {

    private static final Duration LONG = Duration.ofMinutes(5);
    private static Object kept;

    private enum Client {
        MONGODB(27017) {
            @Override
            Object connect() {
                MongoClient client = MongoClients.create("mongodb://peer:27017");
                client.getDatabase("shop").runCommand(new Document("ping", 1));
                return client;
            }
        },
        CASSANDRA(9042) {
            @Override
            Object connect() {
                return CqlSession.builder()
                        .addContactPoint(new InetSocketAddress("peer", 9042))
                        .withLocalDatacenter("one")
                        .withConfigLoader(DriverConfigLoader.programmaticBuilder()
                                .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, LONG)
                                .build())
                        .buildAsync();
            }
        },
        REDISSON(6379) {
            @Override
            Object connect() {
                Config config = new Config();
                config.useSingleServer().setAddress("redis://peer:6379");
                return Redisson.create(config);
            }
        },
        SOLACE(55443) {
            @Override
            Object connect() throws Exception {
                JCSMPProperties properties = new JCSMPProperties();
                properties.setProperty(JCSMPProperties.HOST, "tcp://peer:55443");
                properties.setProperty(JCSMPProperties.VPN_NAME, "shop");
                properties.setProperty(JCSMPProperties.USERNAME, "shop");
                JCSMPChannelProperties channel = new JCSMPChannelProperties();
                channel.setReadTimeoutInMillis((int) LONG.toMillis());
                properties.setProperty(JCSMPProperties.CLIENT_CHANNEL_PROPERTIES, channel);
                JCSMPSession session = JCSMPFactory.onlyInstance().createSession(properties);
                session.connect();
                return session;
            }
        },
        OTLP_HTTP(4318) {
            @Override
            Object connect() {
                return export(OtlpHttpSpanExporter.builder().setEndpoint("http://peer:4318/v1/traces").build());
            }
        },
        OTLP_GRPC(4317) {
            @Override
            Object connect() {
                return export(OtlpGrpcSpanExporter.builder().setEndpoint("http://peer:4317").setTimeout(LONG).build());
            }
        },
        OKHTTP(8000) {
            @Override
            Object connect() throws IOException {
                OkHttpClient client = new OkHttpClient();
                client.newCall(new Request.Builder().url("http://peer:8000/").build()).execute().close();
                return client;
            }
        },
        JDK_HTTP(8000) {
            @Override
            Object connect() throws Exception {
                HttpClient client = HttpClient.newHttpClient();
                client.send(HttpRequest.newBuilder(URI.create("http://peer:8000/")).build(), BodyHandlers.discarding());
                return client;
            }
        };

        final int port;

        Client(int port) {
            this.port = port;
        }

        abstract Object connect() throws Exception;
    }

    private static Object export(SpanExporter exporter) {
        SdkTracerProvider provider =
                SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build();
        provider.get("shop").spanBuilder("order").startSpan().end();
        return provider;
    }

    /** Whether the kernel has a connection to this port. */
    private static boolean isConnected(int port) throws IOException {
        String remote = String.format(":%04X 01 ", port);
        return Files.readString(Path.of("/proc/self/net/tcp")).contains(remote)
                || Files.readString(Path.of("/proc/self/net/tcp6")).contains(remote);
    }

    public static void main(String[] args) throws Exception {
        Client client = Client.valueOf(System.getenv("CLIENT"));
        Thread connecting = new Thread(() -> {
            try {
                kept = client.connect();
            } catch (Exception e) {
                e.printStackTrace();
            }
        });
        connecting.start();
        while (!isConnected(client.port)) {
            Thread.sleep(50);
        }
        System.out.println("connected to port " + client.port);
        while (true) {
            Thread.sleep(1000);
            System.out.println("alive");
        }
    }
}
