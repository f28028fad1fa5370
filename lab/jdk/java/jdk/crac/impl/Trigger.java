package jdk.crac.impl;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;

/** What `jcmd PID JDK.checkpoint` starts, through the agent in lib/libcrac.so. */
class Trigger {

    private Trigger() {
    }

    /** Returns at once: the checkpoint ends the attach listener, on whose thread this runs. */
    static void request(String reply) {
        Thread thread = new Thread(() -> checkpoint(Path.of(reply)), "CRaC checkpoint");
        thread.setDaemon(true);
        thread.start();
    }

    private static void checkpoint(Path reply) {
        boolean[] replied = new boolean[1];
        try {
            Checkpoint.run(() -> {
                replied[0] = true;
                send(reply, "CR: Checkpoint ...\n");
            });
        } catch (Throwable e) {
            if (replied[0]) {
                // jcmd has its answer already: what comes after it goes to the application's output.
                e.printStackTrace();
            } else {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                send(reply, "An exception during a checkpoint operation:\n" + trace);
            }
        }
    }

    private static void send(Path reply, String text) {
        try {
            Files.writeString(reply, text);
        } catch (IOException e) {
            System.err.println("jcmd is gone: " + e);
        }
    }
}
