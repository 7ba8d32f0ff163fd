import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes to a broker as Java's client does, for tests that read it back: java -cp 'libs/*' KafkaFixture.java. */
public class KafkaFixture {
  public static void main(String[] args) throws Exception {
    String brokers = args[1], topic = args[2];
    switch (args[0]) {
      case "produce" -> produce(brokers, topic, args[3], Integer.parseInt(args[4]));
      case "transactions" -> transactions(brokers, topic);
      case "openTransaction" -> openTransaction(brokers, topic);
      case "user" -> user(brokers, args[2], args[3]);
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Records k0, k1, … with values that compress, in several batches. */
  static void produce(String brokers, String topic, String codec, int count) throws Exception {
    Properties settings = settings(brokers);
    settings.put("compression.type", codec);
    settings.put("linger.ms", "20");
    settings.put("batch.size", "200000");
    var sent = new ArrayList<Future<RecordMetadata>>();
    try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
      for (int n = 0; n < count; n++) {
        var record = new ProducerRecord<>(topic, 0, 1_700_000_000_000L + n, bytes("k" + n), bytes(value(n)));
        record.headers().add(new RecordHeader("n", bytes(Integer.toString(n))));
        sent.add(producer.send(record));
      }
    }
    for (var record : sent) record.get();
  }

  static String value(int n) {
    return "{\"event_id\":\"" + n + "\",\"text\":\"" + "abc".repeat(n % 50) + "\",\"square\":" + ((long) n * n) + "}";
  }

  /** Two producers whose transactions overlap, aborted ones among them, each value in a batch of its own. */
  static void transactions(String brokers, String topic) throws Exception {
    try (var a = transactional(brokers, topic + "-a"); var b = transactional(brokers, topic + "-b");
        var plain = new KafkaProducer<byte[], byte[]>(settings(brokers))) {
      a.beginTransaction();
      send(a, topic, "a1 committed");
      b.beginTransaction();
      send(b, topic, "b1 aborted");
      send(a, topic, "a2 committed");
      a.commitTransaction();
      a.beginTransaction();
      send(a, topic, "a3 aborted");
      send(plain, topic, "plain");
      send(b, topic, "b2 aborted");
      b.abortTransaction();
      b.beginTransaction();
      send(b, topic, "b3 committed");
      a.abortTransaction();
      b.commitTransaction();
      a.beginTransaction();
      send(a, topic, "a4 committed");
      a.commitTransaction();
      b.beginTransaction();
      send(b, topic, "b4 aborted");
      send(b, topic, "b5 aborted");
      b.abortTransaction();
    }
  }

  /** One committed record, then one of a transaction that stays open: no read_committed reader may pass it. */
  static void openTransaction(String brokers, String topic) throws Exception {
    var producer = transactional(brokers, topic + "-open");
    producer.beginTransaction();
    send(producer, topic, "committed");
    producer.commitTransaction();
    producer.beginTransaction();
    send(producer, topic, "open");
    Runtime.getRuntime().halt(0);
  }

  /** A user who may sign in by SCRAM. */
  static void user(String brokers, String name, String password) throws Exception {
    try (Admin admin = Admin.create(settings(brokers))) {
      for (var mechanism : List.of(ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512)) {
        var credential = new ScramCredentialInfo(mechanism, 4096);
        admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(name, credential, password))).all().get();
      }
    }
  }

  static KafkaProducer<byte[], byte[]> transactional(String brokers, String id) {
    Properties settings = settings(brokers);
    settings.put("transactional.id", id);
    var producer = new KafkaProducer<byte[], byte[]>(settings);
    producer.initTransactions();
    return producer;
  }

  static void send(KafkaProducer<byte[], byte[]> producer, String topic, String value) throws Exception {
    producer.send(new ProducerRecord<>(topic, 0, null, bytes(value))).get();
  }

  static Properties settings(String brokers) {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", brokers);
    settings.put("key.serializer", ByteArraySerializer.class.getName());
    settings.put("value.serializer", ByteArraySerializer.class.getName());
    return settings;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
