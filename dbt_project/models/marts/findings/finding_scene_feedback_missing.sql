{{ passed_deadlines([['incident', 'handle']]) }}
