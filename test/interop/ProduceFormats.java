import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.Timestamp;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaSerializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serializer;

/** Produces a plan's orders by Apicurio's serializers: each topic in its format, the schema changing on the way. */
public class ProduceFormats {
  interface Writer {
    byte[] write(String topic, JsonNode order) throws Exception;
  }

  private static final ObjectMapper json = new ObjectMapper();
  private static String registry;
  private static Path folder;

  public static void main(String[] args) throws Exception {
    registry = args[1];
    File planFile = new File(args[2]);
    folder = planFile.toPath().toAbsolutePath().getParent();
    Thread.currentThread().setContextClassLoader(new URLClassLoader(new URL[] {folder.toUri().toURL()}));
    Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "acks", "all");
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (JsonNode part : json.readTree(planFile)) {
        String topic = part.get("topic").asText();
        Writer writer = writer(part.get("format").asText(), part.get("evolved").asBoolean());
        long timestamp = part.get("orders").get(0).get("at").asLong();
        for (JsonNode order : part.get("orders"))
          producer.send(new ProducerRecord<>(topic, null, timestamp, null, writer.write(topic, order)));
      }
    }
  }

  private static Writer writer(String format, boolean evolved) throws Exception {
    switch (format) {
      case "confluent-avro":
        return avro(evolved);
      case "confluent-json-schema":
        return jsonSchema(evolved);
      default:
        return protobuf(evolved, format.equals("confluent-protobuf"));
    }
  }

  private static <T, S extends Serializer<T>> S configured(S serializer, Map<String, ?> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("apicurio.registry.url", registry);
    settings.put("apicurio.registry.auto-register", true);
    serializer.configure(settings, false);
    return serializer;
  }

  private static Writer avro(boolean evolved) {
    String fields =
        "{\"name\":\"id\",\"type\":\"string\"},"
            + "{\"name\":\"at\",\"type\":{\"type\":\"long\",\"logicalType\":\"timestamp-micros\"}},"
            + "{\"name\":\"amount\",\"type\":\"long\"}"
            + (evolved ? ",{\"name\":\"note\",\"type\":[\"null\",\"string\"],\"default\":null}" : "");
    Schema schema =
        new Schema.Parser()
            .parse("{\"type\":\"record\",\"name\":\"Order\",\"namespace\":\"shop\",\"fields\":[" + fields + "]}");
    AvroKafkaSerializer<Object> serializer = configured(new AvroKafkaSerializer<>(), Map.of());
    return (topic, order) -> {
      GenericRecordBuilder built =
          new GenericRecordBuilder(schema)
              .set("id", order.get("id").asText())
              .set("at", order.get("at").asLong() * 1000)
              .set("amount", Long.parseLong(order.get("amount").asText()));
      if (order.has("note")) built.set("note", order.get("note").asText());
      return serializer.serialize(topic, built.build());
    };
  }

  private static Writer jsonSchema(boolean evolved) throws Exception {
    String note = evolved ? ",\"note\":{\"type\":\"string\"}" : "";
    String schema =
        "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"title\":\"Order\",\"type\":\"object\",\"properties\":"
            + "{\"id\":{\"type\":\"string\"},\"at\":{\"type\":\"string\"},\"amount\":{\"type\":\"integer\"}" + note + "},"
            + "\"required\":[\"id\",\"at\",\"amount\"]}";
    String name = evolved ? "evolved.json" : "first.json";
    Files.writeString(folder.resolve(name), schema);
    JsonSchemaKafkaSerializer<JsonNode> serializer =
        configured(new JsonSchemaKafkaSerializer<>(), Map.of("apicurio.registry.artifact.schema.location", name));
    return (topic, order) -> {
      ObjectNode value = order.deepCopy();
      value.put("at", Instant.ofEpochMilli(order.get("at").asLong()).toString());
      value.put("amount", Long.parseLong(order.get("amount").asText()));
      return serializer.serialize(topic, value);
    };
  }

  /** @param hasIndexes whether the message is named as Confluent's serializer does, or in Apicurio's own way */
  private static Writer protobuf(boolean evolved, boolean hasIndexes) throws Exception {
    DescriptorProto.Builder order =
        DescriptorProto.newBuilder()
            .setName("Order")
            .addField(field("id", 1, Type.TYPE_STRING))
            .addField(field("at", 2, Type.TYPE_MESSAGE).setTypeName(".google.protobuf.Timestamp"))
            .addField(field("amount", 3, Type.TYPE_INT64));
    if (evolved)
      order
          .addField(field("note", 4, Type.TYPE_STRING).setProto3Optional(true).setOneofIndex(0))
          .addOneofDecl(OneofDescriptorProto.newBuilder().setName("_note"));
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("order.proto")
            .setPackage("shop")
            .setSyntax("proto3")
            .addDependency("google/protobuf/timestamp.proto")
            .addMessageType(DescriptorProto.newBuilder().setName("Unused"))
            .addMessageType(order)
            .build();
    Descriptor type =
        FileDescriptor.buildFrom(file, new FileDescriptor[] {TimestampProto.getDescriptor()}).findMessageTypeByName("Order");
    Map<String, Object> framing =
        Map.of(
            "apicurio.registry.serde.send-indexes", hasIndexes,
            "apicurio.registry.serde.send-type-ref", !hasIndexes);
    ProtobufKafkaSerializer<DynamicMessage> serializer = configured(new ProtobufKafkaSerializer<>(), framing);
    return (topic, order1) -> {
      long at = order1.get("at").asLong();
      Timestamp time = Timestamp.newBuilder().setSeconds(at / 1000).setNanos((int) (at % 1000) * 1_000_000).build();
      DynamicMessage.Builder built =
          DynamicMessage.newBuilder(type)
              .setField(type.findFieldByName("id"), order1.get("id").asText())
              .setField(type.findFieldByName("at"), time)
              .setField(type.findFieldByName("amount"), Long.parseLong(order1.get("amount").asText()));
      if (order1.has("note")) built.setField(type.findFieldByName("note"), order1.get("note").asText());
      return serializer.serialize(topic, built.build());
    };
  }

  private static FieldDescriptorProto.Builder field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder().setName(name).setNumber(number).setType(type).setLabel(Label.LABEL_OPTIONAL);
  }
}
