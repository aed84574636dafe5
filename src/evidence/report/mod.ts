/**
 * REPORTED: what a service claims about itself.
 *
 *     ask  ->  exchange  ->  read  ->  Report
 *                             |
 *                  dialect (declared, or recognised in table order)
 *                             |
 *                  claims and subsystems  ->  (select)  ->  mergeClaims  ->  state, contradictions
 *
 *     several Reports  ->  combineSources  ->  one Report
 *
 * A new dialect is one file in dialects/, one row in `DIALECTS` and one folder of fixtures.
 */
import { aspnetcore } from "./dialects/aspnetcore.ts";
import { awsEvents } from "./dialects/aws_events.ts";
import { betterStack } from "./dialects/better_stack.ts";
import { consul } from "./dialects/consul.ts";
import { django } from "./dialects/django.ts";
import { docker } from "./dialects/docker.ts";
import { dockerRegistry } from "./dialects/docker_registry.ts";
import { elasticsearch } from "./dialects/elasticsearch.ts";
import { elb } from "./dialects/elb.ts";
import { envoy } from "./dialects/envoy.ts";
import { etcd } from "./dialects/etcd.ts";
import { gitlab } from "./dialects/gitlab.ts";
import { goHealth } from "./dialects/go_health.ts";
import { googleCloud } from "./dialects/google_cloud.ts";
import { grafana } from "./dialects/grafana.ts";
import { grpcHealth, grpcWeb } from "./dialects/grpc.ts";
import { haproxy } from "./dialects/haproxy.ts";
import { healthJson } from "./dialects/health_json.ts";
import { hellofresh } from "./dialects/hellofresh.ts";
import { heptio } from "./dialects/heptio.ts";
import { http } from "./dialects/http.ts";
import { incidentIoPage } from "./dialects/incident_io.ts";
import { instatus } from "./dialects/instatus.ts";
import { istio } from "./dialects/istio.ts";
import { jupyter } from "./dialects/jupyter.ts";
import { k8s } from "./dialects/k8s.ts";
import { k8sHttp } from "./dialects/k8s_http.ts";
import { kong } from "./dialects/kong.ts";
import { kubernetes } from "./dialects/kubernetes.ts";
import { laravel } from "./dialects/laravel.ts";
import { lightship } from "./dialects/lightship.ts";
import { microprofile } from "./dialects/microprofile.ts";
import { nats } from "./dialects/nats.ts";
import { nestjs } from "./dialects/nestjs.ts";
import { patroni } from "./dialects/patroni.ts";
import { phpFpm } from "./dialects/php_fpm.ts";
import { pomerium } from "./dialects/pomerium.ts";
import { prometheus } from "./dialects/prometheus.ts";
import { rabbitmq } from "./dialects/rabbitmq.ts";
import { rails } from "./dialects/rails.ts";
import type { Dialect } from "./report.ts";
import { spring } from "./dialects/spring.ts";
import { statuspage } from "./dialects/statuspage.ts";
import { systemd } from "./dialects/systemd.ts";
import { terminus } from "./dialects/terminus.ts";
import { traefik } from "./dialects/traefik.ts";
import { underPressure } from "./dialects/under_pressure.ts";
import { vault } from "./dialects/vault.ts";
import { webdriver } from "./dialects/webdriver.ts";

/** All dialects, in the order that `auto` tries them. The last one reads anything. */
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
  dockerRegistry,
  webdriver,
  elasticsearch,
  gitlab,
  grafana,
  jupyter,
  kong,
  phpFpm,
  traefik,
  kubernetes,
  docker,
  elb,
  statuspage,
  instatus,
  incidentIoPage,
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

export { ask, type ReportEndpoint } from "./ask.ts";
export { combineSources, combineWithPushed, unknownReport, withSource } from "./sources.ts";
export { read, type ReadOptions, type ReadReport, staleAfter } from "./read.ts";
export * from "./report.ts";
export { nearestState, write } from "./write.ts";
