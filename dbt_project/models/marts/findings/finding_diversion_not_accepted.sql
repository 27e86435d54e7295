{{ passed_deadlines([['diversion', 'accept']]) }}
