/** The descriptors of a service that tests call by gRPC. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const { INT64, STRING, ENUM, MESSAGE } = FieldDescriptorProto_Type;
const { OPTIONAL: label, REPEATED } = FieldDescriptorProto_Label;

/** `shop.v1.Orders`, as a FileDescriptorSet. */
export const SHOP = create(FileDescriptorSetSchema, {
  file: [{
    name: "shop.proto",
    package: "shop.v1",
    syntax: "proto3",
    enumType: [{ name: "State", value: [{ name: "OPEN", number: 0 }, { name: "PAID", number: 1 }] }],
    messageType: [
      {
        name: "GetRequest",
        field: [{ name: "order_id", jsonName: "orderId", number: 1, type: STRING, label }],
      },
      {
        name: "Order",
        field: [
          { name: "id", jsonName: "id", number: 1, type: STRING, label },
          { name: "total", jsonName: "total", number: 2, type: INT64, label },
          { name: "state", jsonName: "state", number: 3, type: ENUM, typeName: ".shop.v1.State", label },
          {
            name: "lines",
            jsonName: "lines",
            number: 4,
            type: MESSAGE,
            typeName: ".shop.v1.Order",
            label: REPEATED,
          },
        ],
      },
    ],
    service: [{
      name: "Orders",
      method: [
        { name: "Get", inputType: ".shop.v1.GetRequest", outputType: ".shop.v1.Order" },
        { name: "Put", inputType: ".shop.v1.Order", outputType: ".shop.v1.Order" },
        {
          name: "Watch",
          inputType: ".shop.v1.GetRequest",
          outputType: ".shop.v1.Order",
          serverStreaming: true,
        },
      ],
    }],
  }],
});

/** The same as a file holds it. */
export const DESCRIPTOR: Uint8Array = toBinary(FileDescriptorSetSchema, SHOP);
