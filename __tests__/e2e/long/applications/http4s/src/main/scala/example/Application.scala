package example

import cats.effect.{IO, IOApp}
import com.comcast.ip4s.{host, port}
import org.http4s.HttpRoutes
import org.http4s.dsl.io.*
import org.http4s.ember.server.EmberServerBuilder

/** A server of http4s as its page shows it: nothing stops it for a checkpoint. */
object Application extends IOApp.Simple:
  private val routes = HttpRoutes.of[IO] { case GET -> Root => Ok("Hello from http4s") }.orNotFound

  def run: IO[Unit] =
    EmberServerBuilder.default[IO].withHost(host"0.0.0.0").withPort(port"8080").withHttpApp(routes).build.useForever
