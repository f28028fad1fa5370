package example;

import io.dropwizard.core.Configuration;
import io.dropwizard.core.setup.Environment;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;

/** Dropwizard, whose connectors are stopped for the checkpoint: that of the application, and that for administrators. */
public final class Application extends io.dropwizard.core.Application<Configuration> implements Resource {

    private Server server;

    @Path("/")
    public static final class Hello {

        @GET
        public String hello() {
            return "Hello from Dropwizard";
        }
    }

    @Override
    public void run(Configuration configuration, Environment environment) {
        environment.jersey().register(new Hello());
        environment.lifecycle().addServerLifecycleListener(started -> server = started);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws Exception {
        // The handlers of Dropwizard cannot be started twice.
        for (Connector connector : server.getConnectors()) {
            connector.stop();
        }
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws Exception {
        for (Connector connector : server.getConnectors()) {
            connector.start();
        }
    }

    public static void main(String[] args) throws Exception {
        Application application = new Application();
        Core.getGlobalContext().register(application);
        application.run("server");
        // A JVM ends with its last non-daemon thread, and without a server this is the last one.
        Thread.currentThread().join();
    }
}
