/**
 * REPORTED: what a service claims of itself.
 *
 *     ask  ->  exchange  ->  decode  ->  read  ->  Report
 *                                        |
 *                  dialect (declared, or sniffed in table order)
 *                                        |
 *                  claims and subsystems  ->  (select)  ->  fold  ->  state, contradictions
 *                                                                       |
 *                                        several sources  ->  combine  ->  one Report
 *
 * A new dialect is one file beside this one, one row in `DIALECTS` and one folder of fixtures.
 */
import { aspnetcore } from "./aspnetcore.ts";
import { awsEvents } from "./aws_events.ts";
import { betterStack } from "./better_stack.ts";
import { consul } from "./consul.ts";
import { django } from "./django.ts";
import { docker } from "./docker.ts";
import { elb } from "./elb.ts";
import { envoy } from "./envoy.ts";
import { etcd } from "./etcd.ts";
import { goHealth } from "./go_health.ts";
import { googleCloud } from "./google_cloud.ts";
import { grpcHealth, grpcWeb } from "./grpc.ts";
import { haproxy } from "./haproxy.ts";
import { healthJson } from "./health_json.ts";
import { hellofresh } from "./hellofresh.ts";
import { heptio } from "./heptio.ts";
import { http } from "./http.ts";
import { incidentIo } from "./incident_io.ts";
import { instatus } from "./instatus.ts";
import { istio } from "./istio.ts";
import { k8s } from "./k8s.ts";
import { k8sHttp } from "./k8s_http.ts";
import { kubernetes } from "./kubernetes.ts";
import { laravel } from "./laravel.ts";
import { lightship } from "./lightship.ts";
import { microprofile } from "./microprofile.ts";
import { nats } from "./nats.ts";
import { nestjs } from "./nestjs.ts";
import { patroni } from "./patroni.ts";
import { pomerium } from "./pomerium.ts";
import { prometheus } from "./prometheus.ts";
import { rabbitmq } from "./rabbitmq.ts";
import { rails } from "./rails.ts";
import type { Dialect } from "./report.ts";
import { spring } from "./spring.ts";
import { statuspage } from "./statuspage.ts";
import { systemd } from "./systemd.ts";
import { terminus } from "./terminus.ts";
import { underPressure } from "./under_pressure.ts";
import { vault } from "./vault.ts";

/** All dialects, in the order in which `auto` tries them; the last one reads anything. */
export const DIALECTS: readonly Dialect[] = [
  consul,
  prometheus,
  grpcWeb,
  grpcHealth,
  healthJson,
  pomerium,
  envoy,
  etcd,
  patroni,
  vault,
  rabbitmq,
  nats,
  kubernetes,
  docker,
  elb,
  statuspage,
  instatus,
  incidentIo,
  betterStack,
  googleCloud,
  awsEvents,
  systemd,
  haproxy,
  istio,
  spring,
  microprofile,
  aspnetcore,
  nestjs,
  terminus,
  underPressure,
  goHealth,
  hellofresh,
  heptio,
  django,
  laravel,
  rails,
  lightship,
  k8s,
  k8sHttp,
  http,
];

export { ask, type Source } from "./ask.ts";
export { combine, named, together, unheard } from "./combine.ts";
export { type Heard, read, type ReadOptions, staleAfter } from "./read.ts";
export * from "./report.ts";
export { nearest, write } from "./write.ts";
