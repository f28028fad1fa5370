package jdk.crac.impl;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;

/** Names sockets by what the kernel's tables say of their inode. */
class SocketTable {

    private SocketTable() {
    }

    static String describe(String inode) {
        for (String kind : List.of("tcp6", "tcp", "udp6", "udp")) {
            for (String line : lines(kind)) {
                String[] columns = line.trim().split("\\s+");
                if (columns.length > 9 && columns[9].equals(inode)) {
                    return kind + address("local", columns[1]) + address("remote", columns[2]);
                }
            }
        }
        for (String line : lines("unix")) {
            String[] columns = line.trim().split("\\s+");
            if (columns.length > 6 && columns[6].equals(inode)) {
                return "unix path " + (columns.length > 7 ? columns[7] : "(unnamed)");
            }
        }
        return "socket:[" + inode + "]";
    }

    private static List<String> lines(String kind) {
        try {
            return Files.readAllLines(Path.of("/proc/self/net", kind));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** `0100007F:1F90`: words of four bytes in the order of the machine, then the port. */
    private static String address(String side, String text) {
        int colon = text.indexOf(':');
        byte[] bytes = HexFormat.of().parseHex(text.substring(0, colon));
        for (int word = 0; word < bytes.length; word += 4) {
            swap(bytes, word, word + 3);
            swap(bytes, word + 1, word + 2);
        }
        String port = String.valueOf(Integer.parseInt(text.substring(colon + 1), 16));
        try {
            String host = InetAddress.getByAddress(bytes).getHostAddress();
            return " " + side + "Addr " + host + " " + side + "Port " + port;
        } catch (IOException e) {
            return " " + side + "Addr " + text;
        }
    }

    private static void swap(byte[] bytes, int a, int b) {
        byte old = bytes[a];
        bytes[a] = bytes[b];
        bytes[b] = old;
    }
}
