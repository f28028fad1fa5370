package example;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A server of gRPC with its health service; on NIO, as the event loops of epoll are not closed with the server. */
public final class Application implements Resource {

    private final EventLoopGroup loops = new NioEventLoopGroup(2);
    private Server server;

    private void start() throws IOException {
        server = NettyServerBuilder.forPort(50051)
                .bossEventLoopGroup(loops)
                .workerEventLoopGroup(loops)
                .channelType(NioServerSocketChannel.class)
                .addService(new HealthStatusManager().getHealthService())
                .build()
                .start();
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) throws InterruptedException {
        server.shutdownNow().awaitTermination();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) throws IOException {
        start();
    }

    public static void main(String[] args) throws Exception {
        Application application = new Application();
        application.start();
        Core.getGlobalContext().register(application);
        Thread.currentThread().join();
    }
}
