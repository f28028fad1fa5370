package example

import io.ktor.server.engine.EmbeddedServer
import io.ktor.server.engine.embeddedServer
import io.ktor.server.netty.Netty
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.routing
import org.crac.Context
import org.crac.Core
import org.crac.Resource

/** A server of Ktor, which is stopped for the checkpoint and made again after the restore. */
object Application : Resource {
    private lateinit var server: EmbeddedServer<*, *>

    fun start() {
        server = embeddedServer(Netty, port = 8080) {
            routing { get("/") { call.respondText("Hello from Ktor") } }
        }.start()
    }

    override fun beforeCheckpoint(context: Context<out Resource>?) = server.stop(0, 1000)

    override fun afterRestore(context: Context<out Resource>?) = start()
}

fun main() {
    Application.start()
    Core.getGlobalContext().register(Application)
    Thread.currentThread().join()
}
