# Capistrano's engine, SSHKit over Net::SSH: five executions a host on one connection, in parallel.
# Speaks as benchmarks/peers/turns.py says.
require 'json'
require 'sshkit'
require 'sshkit/dsl'
include SSHKit::DSL

told = JSON.parse(File.read(ARGV[0]))
steps = told['steps']
SSHKit.config.output_verbosity = Logger::ERROR
SSHKit::Backend::Netssh.configure do |ssh|
  ssh.ssh_options = {
    keys: ["#{told['folder']}/login"], keys_only: true, auth_methods: ['publickey'],
    use_agent: false, config: false, verify_host_key: :always,
    user_known_hosts_file: "#{told['folder']}/known_hosts"
  }
end
HOSTS = told['hosts'].map { |_, port, _| SSHKit::Host.new("#{told['user']}@127.0.0.1:#{port}") }

def used
  times = Process.times
  times.utime + times.stime + times.cutime + times.cstime
end

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

STDIN.each_line do
  began, cpu = now, used
  done = Queue.new
  on HOSTS, in: :parallel do |host|
    steps[0..-2].each { |step| execute step }
    done << host if capture(steps[-1]) == told['last_line']
  end
  SSHKit::Backend::Netssh.pool.close_connections
  raise "#{done.size} of #{HOSTS.size} hosts did all steps" unless done.size == HOSTS.size
  puts({ seconds: now - began, cpu: used - cpu }.to_json)
  STDOUT.flush
end
