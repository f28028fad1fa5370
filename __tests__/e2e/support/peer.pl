# Servers to which clients connect, each on its port: they answer as much as keeps a client connected, and never close.
use strict;
use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my %servers = (
    27017 => \&mongodb, 6379 => \&redis, 4318 => \&http, 8000 => \&http,
    4317 => \&silent, 9042 => \&silent, 55443 => \&silent,
);

for my $port (keys %servers) {
    next if fork;
    my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 9, ReuseAddr => 1) or die "$port: $!";
    while (my $client = $server->accept) {
        next if fork;
        $servers{$port}->($client);
        exit;
    }
}
sleep 60 while 1;

sub silent {
    my ($client) = @_;
    1 while sysread $client, my $bytes, 65536;
}

# Each request gets the status 200, without a body.
sub http {
    my ($client) = @_;
    while (1) {
        my ($length, $any) = (0, 0);
        while (defined(my $line = <$client>)) {
            last if $line !~ /\S/;
            $any = 1;
            $length = $1 if $line =~ /^content-length: (\d+)/i;
        }
        return if !$any;
        read $client, my $body, $length;
        syswrite $client, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    }
}

# Each command is an array of strings; only PING and HELLO need an answer of their own.
sub redis {
    my ($client) = @_;
    while (my $head = <$client>) {
        my @words;
        for (1 .. substr $head, 1) {
            my $length = substr scalar(<$client>), 1;
            read $client, my $word, $length + 2;
            push @words, uc $word =~ s/\s+$//r;
        }
        syswrite $client, $words[0] eq 'PING' ? "+PONG\r\n" : $words[0] eq 'HELLO' ? "-ERR unknown command\r\n" : "+OK\r\n";
    }
}

# Each command gets the description of a server of its own, as OP_REPLY for OP_QUERY (2004), else as OP_MSG.
sub mongodb {
    my ($client) = @_;
    my %numbers = (maxBsonObjectSize => 16777216, maxMessageSizeBytes => 48000000, maxWriteBatchSize => 100000, maxWireVersion => 25);
    my $fields = "\x08ismaster\0\x01\x08isWritablePrimary\0\x01\x08helloOk\0\x01\x10minWireVersion\0\0\0\0\0";
    $fields .= "\x10$_\0" . pack 'l<', $numbers{$_} for keys %numbers;
    $fields .= "\x01ok\0" . pack 'd<', 1;
    my $document = pack('l<', length($fields) + 5) . "$fields\0";
    while (read($client, my $head, 16) == 16) {
        my ($length, $request, $response, $kind) = unpack 'l<4', $head;
        read $client, my $body, $length - 16;
        my ($answer, $start) = $kind == 2004 ? (1, pack 'l<q<l<l<', 8, 0, 0, 1) : (2013, "\0\0\0\0\0");
        syswrite $client, pack('l<4', 16 + length($start) + length $document, 1, $request, $answer) . $start . $document;
    }
}
